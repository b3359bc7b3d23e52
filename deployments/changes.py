"""What a deployment made, changed or found as it should be."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Change(StrEnum):
    """What became of one thing."""

    MADE = "made"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Deployed(NamedTuple):
    """One thing in Prefect that Diarchy owns, and what was done about it."""

    kind: str
    """work pool, work queue, deployment or automation."""
    name: str
    change: Change
