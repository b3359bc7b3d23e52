"""Making steps fail on purpose, to see what a failure tells.

A disturbance is called inside every step, where the step's own errors are raised: with its name, what it
was given and what it is about to return. What it raises counts as the step's own. Nobody disturbs outside
of rehearsals.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Disturbance = Callable[[str, tuple[Any, ...], Any], None]

_disturbance: ContextVar[Disturbance | None] = ContextVar("diarchy_disturbance", default=None)


@contextmanager
def disturb_steps(disturbance: Disturbance) -> Generator[None]:
    """Let *disturbance* happen in every step inside."""
    before = _disturbance.set(disturbance)
    try:
        yield
    finally:
        _disturbance.reset(before)


def disturb(step_name: str, given: tuple[Any, ...], result: Any) -> None:
    """Let the disturbance happen, if there is one."""
    disturbance = _disturbance.get()
    if disturbance is not None:
        disturbance(step_name, given, result)
