"""Joins the pieces of a structured document into text whose lines and paragraphs still show.

Paragraphs are parted by a blank line, list items and table rows stand on lines of their own, cells
are parted by a bar.
"""

from __future__ import annotations

import re

_LINE = 1
_PARAGRAPH = 2
_CELL_BAR = " | "


class TextLayout:
    """Takes pieces in reading order and gives back the whole."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._due = 0
        self._holding = False

    def add(self, text: str, *, verbatim: bool = False) -> None:
        """Add a run of text; white space counts as one blank unless *verbatim*."""
        run = text if verbatim else re.sub(r"[\s\u200b]+", " ", text)
        if not run.strip():
            if run and self._parts and not self._due and not self._holding:
                self._parts.append(" ")
            return
        if self._due or self._holding or not self._parts:
            run = run if verbatim else run.lstrip()
        self._break()
        self._holding = False
        self._parts.append(run)

    def line(self) -> None:
        """Let what comes next stand on a new line."""
        if not self._holding:
            self._due = max(self._due, _LINE)

    def paragraph(self) -> None:
        """Let what comes next begin a paragraph."""
        if not self._holding:
            self._due = _PARAGRAPH

    def next_line(self) -> None:
        """Let what comes next stand on the very next line, as the next item or row of one list."""
        self._due = _LINE

    def hold(self) -> None:
        """Let what comes next stay here even when it begins a paragraph, as in a list item."""
        self._holding = True

    def next_cell(self) -> None:
        """Let what comes next be another cell of the same row."""
        if self._holding:
            self._break()  # the cell before is empty, and the row's own break is still due
        else:
            self._due = 0
            self._trim()
        self._parts.append(_CELL_BAR)
        self._holding = True

    def release(self) -> None:
        """End a list item or a row, also an empty one."""
        self._holding = False
        self.line()

    def text(self) -> str:
        return "".join(self._parts).strip()

    def _break(self) -> None:
        if self._due and self._parts:
            self._trim()
            self._parts.append("\n" * self._due)
        self._due = 0

    def _trim(self) -> None:
        while self._parts:
            trimmed = self._parts[-1].rstrip()
            if trimmed:
                self._parts[-1] = trimmed
                return
            self._parts.pop()
