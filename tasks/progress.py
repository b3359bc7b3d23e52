"""Who wants to know how far a run is: a command line in the same process, and Prefect's pages.

A step that counts its work reports figures; every step tells its name when it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is in all."""

Listener = Callable[[str], None]
"""Called with the name of a step that begins; names hold no content."""

_listener: ContextVar[Listener | None] = ContextVar("diarchy_steps", default=None)
_reporter: ContextVar[Progress | None] = ContextVar("diarchy_progress", default=None)


@contextmanager
def report_progress_to(reporter: Progress) -> Generator[None]:
    """Let the runs inside tell *reporter* how far they are, and whoever listens already."""
    outer = _reporter.get()

    def tell(activity: str, done: int, total: int) -> None:
        reporter(activity, done, total)
        if outer is not None:
            outer(activity, done, total)

    before = _reporter.set(tell)
    try:
        yield
    finally:
        _reporter.reset(before)


def report_progress(activity: str, done: int, total: int) -> None:
    """Tell whoever listens."""
    reporter = _reporter.get()
    if reporter is not None:
        reporter(activity, done, total)


@contextmanager
def follow_steps(listener: Listener) -> Generator[None]:
    """Let the runs inside tell *listener* which step begins."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def tell_step(name: str) -> None:
    """Tell whoever follows that the step *name* begins."""
    listener = _listener.get()
    if listener is not None:
        listener(name)
