"""A phase that fails leaves a gap that says so, not a lost run."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from domain.analysis import Degradation
from domain.errors import AccessDenied, DiarchyError

R = TypeVar("R")


async def attempt(phase: Awaitable[R], *, part: str, degraded: list[Degradation]) -> R | None:
    """Return the phase's result, or None after adding to *degraded* what is missing and why.

    A denial is no gap: it ends the run.
    """
    try:
        return await phase
    except AccessDenied:
        raise
    except DiarchyError as error:
        degraded.append(Degradation(part=part, reason=str(error)))
    except Exception as error:  # noqa: BLE001 - whatever a phase died of, the others still stand
        degraded.append(Degradation(part=part, reason=f"the phase failed: {type(error).__name__}"))
    return None
