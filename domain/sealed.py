"""A text that only this installation can read, for places that others can see."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from domain.model import FrozenModel


class SealedText(FrozenModel):
    """A text sealed by the installation's key; safe in a flow's parameters."""

    model_config = ConfigDict(title="Sealed text")

    sealed: str = Field(description="A Fernet token, as Diarchy's own programs write it.")
