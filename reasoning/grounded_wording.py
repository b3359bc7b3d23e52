"""The words of a statement against those of its evidence.

Every word that carries meaning must stand in the evidence, by its stem or by a listed synonym; the words
of grammar and the few with which a report links what it says are free. That is strict on purpose: one word
that the evidence does not have is enough to swap a party or to add a claim.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

import snowballstemmer

from reasoning.terms import word_list

_STEMMER = snowballstemmer.stemmer("english")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[^\W_]*\d[^\W_]*[^\W\d_][^\W_]*")
_FIGURE_LIKE = re.compile(r"\d+(?:st|nd|rd|th|k|m|mn|bn|b)?", re.IGNORECASE)
_CLAUSE = re.compile(
    r"(?<!\d)[,](?=\s)|(?<=\d),(?=\s)|[;:()](?=\s|$)|\(|[.!?](?=\s|$)|\s[–—-]\s"
    r"|\s(?=and\s(?!\d))|(?<!\d)\s(?=and\s\d)|\s(?=(?:but|while|whereas|although|though|where|because|since|against)\s)",
    re.IGNORECASE,
)
_GRAMMAR = word_list(
    """
    a about above after against all almost along already also although am among an and any are around as at
    away be because been before behind being below beneath between beyond both but by can cannot could did do
    does doing done down during each either else every everywhere everything everybody everyone for from further
    had has have having he hence her here hers him his how however i if in including into is it its itself just
    may me might mine more most much must my near neither never no nobody none nor not nothing now of off on
    one only onto or other our ours out over own per perhaps probably shall she should since so some still
    such than that the their theirs them then there therefore these they this those though through thus to
    too toward towards under unless until up upon us very via was we well were what when where whereas
    whether which while who whom whose why will with within without would yet you your yours always ever
    far s t don doesn didn isn aren wasn weren hasn haven won wouldn can't whatever whoever all
    percent cent eur usd gbp euro euros dollar dollars pound pounds million billion thousand mn bn k m
    rather instead together overall approximately roughly nearly just excluding except excepting excepted
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    """
)
_LINKING = word_list(
    """
    say says said state states stated stand stands stood run runs come comes came bring brings brought
    take takes took taken mean means according report reports reported note notes remain remains
    become becomes amount amounts equal equals compared respectively currently case cases put puts
    lie lies lay concern concerns include includes included there
    show shows showed find finds found reach reaches reached
    """
)
_IRREGULAR = {
    form: lemma
    for lemma, forms in {
        "fall": "fell fallen",
        "rise": "rose risen",
        "grow": "grew grown growth",
        "give": "gave given",
        "leave": "left",
        "pay": "paid",
        "get": "got",
        "hold": "held",
        "see": "saw seen",
        "lose": "lost",
        "win": "won",
        "find": "found",
        "build": "built",
        "sell": "sold",
        "buy": "bought",
        "spend": "spent",
        "begin": "began begun",
        "break": "broke broken",
        "choose": "chose chosen",
        "draw": "drew drawn",
        "know": "knew known",
        "meet": "met",
        "send": "sent",
        "make": "made",
        "keep": "kept",
        "go": "went goes gone",
        "decide": "decision decisions",
        "lead": "led",
        "end": "ended",
        "fly": "flies flew flown",
        "approve": "approval",
        "agree": "agreement",
        "reject": "rejection",
        "feasible": "feasibly",
    }.items()
    for form in forms.split()
}
_SYNONYMS = {
    word: group[0]
    for group in (
        ("client", "clients", "customer", "customers"),
        ("firm", "company"),
        ("end", "finish", "finished"),
        ("begin", "start", "started", "starts"),
        ("permit", "allow", "allowed", "allows"),
        ("purchase", "buy", "bought"),
        ("increase", "increased", "rise", "rose", "risen", "climb", "climbed"),
        (
            "decrease",
            "decreased",
            "fall",
            "fell",
            "fallen",
            "decline",
            "declined",
            "drop",
            "dropped",
        ),
        ("reduce", "reduced", "cut", "cuts", "lower", "lowers", "lowered"),
        ("request", "requests", "requested", "ask", "asks", "asked"),
        ("need", "needs", "needed", "require", "requires", "required"),
        ("big", "large"),
        ("year", "yearly", "annual", "annually", "annum"),
        ("month", "monthly"),
        ("week", "weekly"),
        ("quarter", "quarterly"),
        ("day", "daily"),
        ("want", "wants", "wanted", "wish", "wishes", "demand", "demands", "demanded"),
        ("reason", "reasons", "cause", "causes"),
        ("buyer", "buyers", "purchaser", "purchasers"),
        ("expensive", "dear", "costly"),
    )
    for word in group
}
_SHORTEST = 2


def clauses_of(text: str) -> Iterator[tuple[str, int]]:
    """Yield the clauses of *text* with their offsets: what commas, stops and conjunctions part."""
    start = 0
    for match in _CLAUSE.finditer(text):
        if text[start : match.start()].strip():
            yield text[start : match.start()], start
        start = match.end()
    if text[start:].strip():
        yield text[start:], start


@lru_cache(maxsize=4_096)
def content_words(text: str) -> frozenset[str]:
    """Return the words of *text* that carry meaning, each as its stem or the first of its synonyms."""
    return frozenset(
        stem for match in _WORD.finditer(text) if (stem := _stem(match.group(), _is_name(match)))
    )


def missing_words(statement: str, support: Sequence[str]) -> frozenset[str]:
    """Return the content words of *statement* that none of the texts *support* holds."""
    return content_words(statement) - frozenset().union(*map(content_words, support))


def is_grammar(word: str) -> bool:
    """Whether *word* is a word of grammar or a bare number, which no name is made of."""
    return word.casefold() in _GRAMMAR or bool(_FIGURE_LIKE.fullmatch(word))


def _bare(word: str) -> str:
    return re.sub(r"['’]s$", "", word)


def _is_name(match: re.Match[str]) -> bool:
    """Whether a word of grammar is written as a name: "May" after a number, "series K"."""
    word = match.group()
    before = match.string[: match.start()].rstrip()
    if word == "May":
        return bool(re.search(r"(?:\d|\b(?:in|by|of|until|since|before|after|on))$", before))
    return len(word) == 1 and word.isupper() and word not in {"A", "I"} and bool(before)


@lru_cache(maxsize=50_000)
def _stem(word: str, is_name: bool) -> str:
    plain = unicodedata.normalize("NFC", _bare(word)).casefold()
    if is_name:
        return f"={plain}"
    if plain in _GRAMMAR or plain in _LINKING or _FIGURE_LIKE.fullmatch(plain):
        return ""
    if len(plain) < _SHORTEST:
        return ""
    named = _SYNONYMS.get(plain, _IRREGULAR.get(plain, plain))
    stem = _STEMMER.stemWord(named)
    return _STEMMER.stemWord(_SYNONYMS.get(stem, stem))
