"""A text that only this installation can read, for places that others can see."""

from __future__ import annotations

from domain.model import FrozenModel


class SealedText(FrozenModel):
    """A text sealed by the installation's key; safe in a flow's parameters."""

    sealed: str
    """A Fernet token."""
