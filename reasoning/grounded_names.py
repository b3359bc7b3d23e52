"""The names of a statement: each stands in its evidence, and with what is said of it there.

A name is a word with a capital inside a sentence, an acronym, or a word of mixed scripts. Two quotes that
each say something of one party do not say it of the other: what a clause says of a name must stand in one
sentence that holds the name, and two names keep their order.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from domain.sentences import sentence_spans
from reasoning.grounded_wording import clauses_of, content_words, is_grammar

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[^\W_]*\d[^\W_]*[^\W\d_][^\W_]*")
_SHORTEST = 2
_TOGETHER = 0.75
"""Share of a clause's words that must stand in the one sentence that holds its names."""
_PASSIVE = re.compile(
    r"\bby\b|\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?\w+(?:ed|en|t)\b", re.IGNORECASE
)
_PRONOUN = re.compile(r"(?:They|It|He|She|Their|Its|His|Her|This|These|That)\b")
_MONTHS = frozenset(calendar.month_name)


def missing_names(statement: str, support: Sequence[str]) -> bool:
    """Whether a name of *statement* stands in none of *support*."""
    given = {word.casefold() for text in support for word in _words(text)}
    return any(word.casefold() not in given for word in _names(statement))


def names_of_another(statement: str, quotes: Sequence[str]) -> bool:
    """Whether *statement* says of a name what *quotes* say of another, or turns two names round."""
    sentences = [sentence for text in quotes for sentence in _sentences(text)]
    written = {word for text in (statement, *quotes) for word in _words(text)}
    names = {word for word in written if _may_name(word) and word.lower() not in written}
    for clause, _ in clauses_of(statement):
        own = [word.casefold() for word in _words(clause) if word in names]
        if own and not any(_is_said_of(clause, own, sentence) for sentence in sentences):
            return True
    return False


def _sentences(text: str) -> list[str]:
    """Return the sentences of *text*, one that opens with a pronoun joined to the one before it."""
    found: list[str] = []
    for span in sentence_spans(text):
        sentence = text[slice(*span)]
        if found and _PRONOUN.match(sentence):
            found[-1] = f"{found[-1]} {sentence}"
        else:
            found.append(sentence)
    return found


def _is_said_of(clause: str, names: Sequence[str], sentence: str) -> bool:
    given = [word.casefold() for word in _words(sentence)]
    if any(name not in given for name in names):
        return False
    words = content_words(clause)
    if len(words & content_words(sentence)) < _TOGETHER * len(words):
        return False
    is_turned = any(
        given.index(first) > len(given) - 1 - given[::-1].index(second)
        for first, second in pairwise(names)
        if first != second
    )
    return not is_turned or bool(_PASSIVE.search(clause)) != bool(_PASSIVE.search(sentence))


def _names(statement: str) -> Iterator[str]:
    first = True
    for match in _WORD.finditer(statement):
        word = _bare(match.group())
        is_acronym = len(word) >= _SHORTEST and word.isupper()
        inside = not first and word[:1].isupper()
        if (is_acronym or inside or _mixes_scripts(word)) and not is_grammar(word):
            yield word
        first = bool(re.match(r"[\"”’')]*[.!?:]\s*[\"“‘'(]*", statement[match.end() :]))


def _may_name(word: str) -> bool:
    """Whether *word* is written as a name can be, also where it opens a sentence."""
    return word[:1].isupper() and word not in _MONTHS and not is_grammar(word)


def _words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        yield _bare(match.group())


def _bare(word: str) -> str:
    return re.sub(r"['’]s$", "", word)


def _mixes_scripts(word: str) -> bool:
    scripts = {unicodedata.name(one, "?").split()[0] for one in word if one.isalpha()}
    return len(scripts) > 1
