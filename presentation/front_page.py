"""What the first page has room for: the rest of a long list goes into the appendix.

A statement is never cut to fit. Fewer are shown instead, and the page says how many are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from domain.analysis import Recommendation
from domain.evidence import Finding
from presentation.composition import Composer
from presentation.document import Block, Note, Section
from presentation.wording import counted

MOST_ACTIONS = 7
ROOM_FOR_ACTIONS = 1_100
"""Characters: what seven decisions of two or three lines take on an A4 sheet."""

FindingT = TypeVar("FindingT", bound=Finding)


def within_page(
    findings: Sequence[FindingT], *, most: int, room: int
) -> tuple[tuple[FindingT, ...], tuple[FindingT, ...]]:
    """Return the findings that fit into *room* characters, at most *most*, and the others.

    The first is always shown: a page that asks nothing for want of room would be no use.
    """
    shown = 0
    for finding in findings[:most]:
        room -= len(finding.statement)
        if room < 0 and shown:
            break
        shown += 1
    return tuple(findings[:shown]), tuple(findings[shown:])


class ActionsAcrossPages:
    """Recommendations by rank: those on the first page, and the others behind it."""

    def __init__(self, recommendations: Sequence[Recommendation], *, noun: str) -> None:
        by_rank = sorted(recommendations, key=lambda recommendation: recommendation.rank)
        self._noun = noun
        self._shown, self._others = within_page(by_rank, most=MOST_ACTIONS, room=ROOM_FOR_ACTIONS)

    def front(self, composer: Composer) -> list[Block]:
        """Return the foremost, and how many more there are."""
        blocks: list[Block] = [*composer.actions(self._shown, foremost=True)]
        if self._others:
            more = f"{counted(len(self._others), f'further {self._noun}')} in the appendix."
            blocks.append(Note(more, link="further-actions"))
        return blocks

    def appendix(self, composer: Composer) -> list[Section]:
        """Return the section of the others, or nothing when all are on the first page."""
        blocks = composer.actions(self._others, first=len(self._shown) + 1)
        heading = f"Further {self._noun}s"
        return [Section(heading, "further-actions", tuple(blocks))] if blocks else []


def given(heading: str, anchor: str, blocks: Sequence[Block]) -> list[Section]:
    """Return the section, or nothing when it has no blocks."""
    return [Section(heading, anchor, tuple(blocks))] if blocks else []
