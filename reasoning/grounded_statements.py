"""One statement against the evidence that it cites.

Pure and without a model. Each quote must stand verbatim at its place in an item
that was given; every figure, name and content word of the statement must stand in the quotes; and the
statement must not deny, turn round, widen or make surer what they say. What cannot be checked fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from domain.evidence import Evidence, RetrievedItem
from domain.knowledge import ItemKey
from reasoning.grounded_figures import misplaced_figures, missing_figures, with_plain_dates
from reasoning.grounded_lead_ins import without_lead_ins
from reasoning.grounded_names import missing_names, names_of_another
from reasoning.grounded_polarity import (
    direction_differs,
    modality_differs,
    polarity_differs,
    scope_widened,
)
from reasoning.grounded_wording import content_words, missing_words
from reasoning.instructions import speaks_to_the_reader
from reasoning.untrusted_text import as_data
from reasoning.wording import readable

ItemTexts = Mapping[ItemKey, str]
"""What was given to the reasoner: each item's text by its address; also the requirement's and the context's."""

_LONGEST_STATEMENT = 1_000
_LONGEST_QUOTE = 2_000
"""Characters. What is longer is no statement and no quote, and would take long to compare."""
_GAP = "\0"
_LEADS_UP = 160
"""Characters before a quote in which an instruction would make it one."""
_PARAGRAPH = re.compile(r"\n\s*\n|\0")
_SPACES = re.compile("[\u00a0\u2002-\u200a\u202f\u205f]")
_ACTIVE = re.compile(
    r"!\[|\]\(|<[a-z/!?]|[a-z][a-z\d+.-]{1,15}://|\b(?:javascript|vbscript|data|mailto|file):\S"
    r"|\\(?:href|url|input|include|write|def|catcode)\b|\$\(|\{\{|\{%|;base64,|\S{60,}|[A-Za-z\d+/]{32,}={0,2}",
    re.IGNORECASE,
)
"""Links, tags, templates and commands: a statement is prose."""


class Ungrounded(StrEnum):
    """Why a statement is not shown."""

    NOT_GIVEN = "not_given"
    """It cites an item that was not given, or none."""
    NOT_VERBATIM = "not_verbatim"
    """A quote does not stand in its item at its place."""
    INSTRUCTED = "instructed"
    """A quote, or the words just before it, tell a reader what to do or to say."""
    UNREADABLE = "unreadable"
    """It holds invisible or control characters or markup, is blank, or is too long to check."""
    FIGURE = "figure"
    FIGURE_OF_ANOTHER = "figure_of_another"
    """The figure stands in the evidence, and of another thing."""
    NAME = "name"
    NAME_OF_ANOTHER = "name_of_another"
    """The name stands in the evidence, and what is said of it is said there of another."""
    WORDING = "wording"
    """Words that carry meaning do not stand in the evidence."""
    POLARITY = "polarity"
    MODALITY = "modality"
    DIRECTION = "direction"
    SCOPE = "scope"


class Grounding(NamedTuple):
    """Whether a statement may be shown, and every reason why not."""

    kept: bool
    reasons: tuple[Ungrounded, ...]


def texts_of(items: Iterable[RetrievedItem]) -> dict[ItemKey, str]:
    """Return the texts of *items* as far as their passages show them, at the offsets of the content.

    What lies between passages is filled with a character that no quote holds.
    """
    return {item.key: _laid_out(item) for item in items}


def check_statement(
    statement: str,
    evidence: Sequence[Evidence],
    items: ItemTexts,
    *,
    titles: ItemTexts | None = None,
) -> Grounding:
    """Return whether *evidence*, which must stand in *items*, carries *statement*.

    *titles* are further words of the cited items that a statement may use to name its place.
    """
    failed = _evidence_failures(evidence, items)
    if _is_unreadable(statement):
        failed.append(Ungrounded.UNREADABLE)
    if not failed:
        quotes = [quote.quote for quote in evidence]
        named = [] if titles is None else [titles.get(quote.key, "") for quote in evidence]
        failed = _statement_failures(statement, quotes, named)
    return Grounding(not failed, tuple(dict.fromkeys(failed)))


def stands_verbatim(quote: Evidence, items: ItemTexts) -> bool:
    """Whether *quote* stands at its place in an item that was given."""
    return not _evidence_failures((quote,), items)


def _evidence_failures(evidence: Sequence[Evidence], items: ItemTexts) -> list[Ungrounded]:
    if not evidence or any(quote.key not in items for quote in evidence):
        return [Ungrounded.NOT_GIVEN]
    for quote in evidence:
        stands = items[quote.key].startswith(quote.quote, quote.start)
        if not stands or _GAP in quote.quote or not quote.quote.strip():
            return [Ungrounded.NOT_VERBATIM]
        if len(quote.quote) > _LONGEST_QUOTE:
            return [Ungrounded.UNREADABLE]
    if any(speaks_to_the_reader(_in_its_place(quote, items[quote.key])) for quote in evidence):
        return [Ungrounded.INSTRUCTED]
    return []


def _in_its_place(quote: Evidence, text: str) -> str:
    """Return the quote with what leads up to it in its paragraph: "Write in your answer: ..."."""
    before = text[max(0, quote.start - _LEADS_UP) : quote.start]
    return _PARAGRAPH.split(before)[-1] + quote.quote


def _statement_failures(
    statement: str, quotes: Sequence[str], titles: Sequence[str]
) -> list[Ungrounded]:
    support = [with_plain_dates(text) for text in (*quotes, *titles)]
    plain = without_lead_ins(with_plain_dates(statement), support)
    if _repeats(plain, support):
        return []
    checks = (
        (Ungrounded.FIGURE, missing_figures(plain, support)),
        (Ungrounded.FIGURE_OF_ANOTHER, misplaced_figures(plain, support)),
        (Ungrounded.NAME, missing_names(plain, support)),
        (Ungrounded.NAME_OF_ANOTHER, names_of_another(plain, support)),
        (Ungrounded.WORDING, not content_words(plain) or bool(missing_words(plain, support))),
        (Ungrounded.POLARITY, polarity_differs(plain, support)),
        (Ungrounded.MODALITY, modality_differs(plain, support)),
        (Ungrounded.DIRECTION, direction_differs(plain, support)),
        (Ungrounded.SCOPE, scope_widened(plain, support)),
    )
    return [reason for reason, fails in checks if fails]


def _repeats(statement: str, support: Sequence[str]) -> bool:
    """Whether *statement* is one of the quotes letter for letter, but for white space and emphasis marks."""
    said = readable(statement)
    return any(said == readable(text) for text in support)


def words_stand(text: str, support: Sequence[str]) -> bool:
    """Whether the short text *text*, a name or a reason, is made of words and figures of *support*."""
    return bool(content_words(text)) and not (
        _is_unreadable(text)
        or missing_figures(text, support)
        or missing_names(text, support)
        or missing_words(text, support)
    )


def _is_unreadable(statement: str) -> bool:
    """Whether *statement* is no plain text: a link or a tag is none even where the evidence holds it."""
    if not statement.strip() or len(statement) > _LONGEST_STATEMENT:
        return True
    plain = _SPACES.sub(" ", statement)
    return as_data(plain) != plain or _ACTIVE.search(statement) is not None


def _laid_out(item: RetrievedItem) -> str:
    end = max(passage.start + len(passage.text) for passage in item.passages)
    if len(item.passages) == 1 and not item.passages[0].start:
        return item.passages[0].text
    parts: list[str] = []
    reached = 0
    for passage in sorted(item.passages, key=lambda one: (one.start, -len(one.text))):
        parts.append(_GAP * max(0, passage.start - reached))
        parts.append(passage.text[max(0, reached - passage.start) :])
        reached = max(reached, passage.start + len(passage.text))
    laid_out = "".join(parts)
    assert len(laid_out) == end  # noqa: S101 -- offsets are what a quote is checked by
    return laid_out
