"""Waiting for something to become true, with a name for what never happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

_PAUSE = 0.1


def wait_until(predicate: Callable[[], bool], description: str, *, within: timedelta) -> None:
    """Return once *predicate* holds; raise `TimeoutError` with *description* when it never does."""
    deadline = time.monotonic() + within.total_seconds()
    while not predicate():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {within.total_seconds():.0f} s in vain: {description}")
        time.sleep(_PAUSE)
