"""Knowledge as data in a prompt: nothing in it can close the place where it stands or hide from a reader.

Each text stands between two lines that hold `<<<` and `>>>`. In what is put between them every such run is
broken up, control characters are left out, and characters that show nothing or turn the direction of what
follows are written as their code point, `[U+200B]`, so that the model and an auditor read the same. The
wording is left alone: an instruction in a text stays readable, as the data that it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from domain.evidence import RetrievedItem

OPENING = "<<<"
CLOSING = ">>>"
LONGEST_RUN = 2
"""Angle brackets in a row that a text may hold; the delimiters have one more."""

_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029\v\f]")
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[@-Z\\-_])|\x9b[0-?]*[ -/]*[@-~]"
)
_BRACKETS = re.compile("[<>]{2,}")
_WIDE_BRACKETS = str.maketrans({"＜": "<", "＞": ">", "﹤": "<", "﹥": ">"})
_ROLE_TAG = re.compile(
    r"<(?=\s*(?:/|\|)?\s*/?\s*(?:system|user|assistant|developer|tool|evidence|item|document|instructions?"
    r"|prompt|context|im_start|im_end|endoftext|s)\b)",
    re.IGNORECASE,
)
_NOT_PLAIN = re.compile(r"[^\x20-\x7e\n\t]")


def as_data(text: str) -> str:
    """Return *text* as it may stand between the delimiters of a prompt.

    The result holds no control character but line feed and tab, none that is invisible or changes the
    direction of writing, and never three angle brackets in a row.
    """
    plain = _ESCAPES.sub("", _LINE_ENDS.sub("\n", text))
    visible = _NOT_PLAIN.sub(lambda one: _visible(one.group()), plain).translate(_WIDE_BRACKETS)
    tagless = _ROLE_TAG.sub("‹", visible)
    return _BRACKETS.sub(lambda run: " ".join(run.group()), tagless)


def numbered_evidence(items: Iterable[RetrievedItem]) -> str:
    """Return the passages of *items*, numbered from 1 in the order given, each between delimiters.

    Only the passages and the title are in it; ids and levels stay outside of what the model reads, since
    a number is all that it needs to cite by. Passages that do not adjoin are parted by a line of `[...]`.
    """
    return "\n".join(_numbered(number, item) for number, item in enumerate(items, start=1))


def _numbered(number: int, item: RetrievedItem) -> str:
    passages = sorted(item.passages, key=lambda passage: passage.start)
    text = "\n[...]\n".join(as_data(passage.text) for passage in passages)
    title = " ".join(as_data(item.title).split())
    return (
        f"{OPENING}item {number}{CLOSING}\ntitle: {title}\n{text}\n{OPENING}end {number}{CLOSING}"
    )


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cc":
        return ""
    if category in {"Cf", "Cs", "Co", "Cn"} or _shows_nothing(character):
        return f"[U+{ord(character):04X}]"
    return " " if category in {"Zs", "Zl", "Zp"} else character


def _shows_nothing(character: str) -> bool:
    """Whether *character* is a filler or a variation selector, which are letters or marks by category."""
    code = ord(character)
    return character in "\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5" or (
        0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x180B <= code <= 0x180F  # noqa: PLR2004
    )
