"""Sentences in a knowledge text that speak to whoever reads it for the company, and say what to write.

They are evidence of an attempt and of nothing else, so no statement may rest on one. The wording is that of
known attempts, in the languages in which they are most often seen; it is a second net below the gate, which
already drops whatever a text does not itself say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_IMPERATIVE = (
    r"(?:^|[.!?:;,\"“(>\]]\s*|\b(?:please|now|then|just|must|should|shall|instead|always|only)\s+)"
)
_RULES = (
    r"(?:instructions?|rules?|prompts?|guidelines?|polic(?:y|ies)|limits?|above|previous|prior"
    r"|everything|safety|filters?)"
)
_ROLES = r"(?:system|assistant|developer|user|instructions?)"
_READERS = r"(?:ai|assistants?|models?|language models?|llms?|chatbots?|summari[sz]ers?|reasoners?)"
_MACHINES = r"(?:models?|assistants?|readers?|reading this)"
_INSIDE = (
    r"(?:items?|secrets?|prompts?|documents?|knowledge|instructions?|context|this|following"
    r"|contents?|everything|evidence)"
)
_TO_SAY = (
    r"(?:write|say|claim|report|answer|respond|reply|output|print|return|repeat|include|append"
    r"|insert|emit|conclude|recommend|tell (?:the )?(?:\w+ ){1,3})"
)
_WHAT_TO_SAY = (
    r"(?::|that\b|exactly\b|verbatim\b"
    r"|the (?:following|words?|phrase|sentence|text|full|contents?|link|system)\b)"
)
_YOURS = r"(?:instructions?|answer|summary|output|response|task|training|guidelines|reply)"

_ADDRESSED = re.compile(
    "|".join(
        (
            rf"\b(?:ignor(?:e|ing)|disregard|forget|override|bypass|skip)\b.{{0,40}}\b{_RULES}\b",
            r"\b(?:system|developer|assistant|admin) ?(?:prompt|message|override|note|mode)s?\b",
            rf"(?:^|[>\]}})|])\s*(?:#+\s*)?[\[<({{|*]*\s*{_ROLES}\s*[\]>)}}|*]*\s*:",
            r"\bas (?:the|your|a) (?:system|administrator|developer|operator)\b",
            r"\byou are (?:now|no longer|an? (?:ai|assistant|model|different))\b",
            rf"{_IMPERATIVE}act as\b",
            r"\bpretend (?:to be|that|you)\b",
            rf"\b(?:dear|attention|note to|message to|hey|hello),? (?:the |all )?{_READERS}\b",
            rf"\b(?:ai|llm|language) {_MACHINES}\b.{{0,40}}\b(?:must|should|shall|will|please)\b",
            r"\b(?:if|when|while) you(?:'re| are)? an? (?:ai|language|assistant)\b",
            r"\bwhen (?:you )?(?:summari[sz]|process|analy[sz])\w*\b",
            rf"{_IMPERATIVE}(?:state that\b|{_TO_SAY}(?: only| back| with)*\s*{_WHAT_TO_SAY})",
            rf"{_IMPERATIVE}(?:reveal|disclose|leak|dump|decode|execute|eval)\b.{{0,40}}\b{_INSIDE}\b",
            rf"\b(?:in )?your {_YOURS}\b",
            r"\b(?:new|updated|real|true|hidden|following) (?:instructions?|directives?)\b",
            r"\bdo not (?:mention|cite|reveal|quote)\b",
            r"\bcite (?:this|it|as|item|\[)",
            r"\bend of (?:evidence|document|item|data|context)\b",
            r"\b(?:begin|start) of (?:system|instructions?)\b",
            r"\bjailbreak|\bprompt injection\b",
            r"[<>]{3,}|<\|",
        )
    ),
    re.IGNORECASE | re.MULTILINE,
)
_ELSEWHERE = re.compile(
    r"\b(?:ignorier\w*|vergiss|missachte\w*)\b.{0,40}\b(?:anweisung\w*|regeln|vorherig\w*)"
    r"|\b(?:schreibe?n?|antworte|behaupte|gib)\b.{0,30}(?::|\bdass\b|\baus\b)"
    r"|\b(?:ignore[zr]?|oublie[zr]?)\b.{0,40}\b(?:instructions?|consignes?|règles)"
    r"|\b(?:écri[st]|écrivez|réponds|répondez|dis|dites)\b.{0,30}(?::|\bque\b)"
    r"|\b(?:ignora|olvida|omite)\b.{0,40}\b(?:instrucciones|reglas|anteriores)"
    r"|\b(?:escribe|responde|di)\b.{0,30}(?::|\bque\b)"
    r"|\b(?:negeer|vergeet)\b.{0,40}\b(?:instructies|regels|opdrachten)"
    r"|\b(?:schrijf|antwoord)\b.{0,30}(?::|\bdat\b)"
    r"|\b(?:ignora|dimentica)\b.{0,40}\b(?:istruzioni|regole)"
    r"|\b(?:scrivi|rispondi)\b.{0,30}(?::|\bche\b)"
    r"|\b(?:z?ignoruj|ignorujte|napisz|napiš|napište)\b"
    r"|игнорируй|забудь|напиши|ответь"
    r"|忽略|无视|忘记|请写|输出|无视|無視して|書いてください|指示"
    r"|تجاهل|اكتب",
    re.IGNORECASE,
)


def speaks_to_the_reader(text: str) -> bool:
    """Whether *text* tells its reader's reasoner what to do or to say."""
    plain = unicodedata.normalize("NFKC", text)
    shown = _lines(one for one in plain if unicodedata.category(one) != "Cf")
    return _ADDRESSED.search(shown) is not None or _ELSEWHERE.search(shown) is not None


def _lines(characters: Iterable[str]) -> str:
    """Return the text with single spaces and no blank lines: what is searched takes time by its words."""
    lines = (" ".join(line.split()) for line in "".join(characters).splitlines())
    return "\n".join(line for line in lines if line)
