"""An item selected by time rather than by a query."""

from __future__ import annotations

from domain.evidence import RetrievedItem


class WindowItem(RetrievedItem):
    """An item of a window: its beginning as the one passage, and a digest of its whole content."""

    content_digest: str
    """SHA-256 of the content, hexadecimal: tells whether the text has changed."""
