"""What the reader of one kind of document hands over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FoundText:
    """The text of a document, and what the document says of itself."""

    content: str
    title: str | None = None
    """Its own title or first heading; None when it has neither."""
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    """Raw fields, for example from front matter."""
