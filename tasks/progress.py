"""Who wants to know how far a run is: a caller in the same process, such as a command line."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is in all."""

_reporter: ContextVar[Progress | None] = ContextVar("diarchy_progress", default=None)


@contextmanager
def report_progress_to(reporter: Progress) -> Generator[None]:
    """Let the runs inside tell *reporter* how far they are."""
    before = _reporter.set(reporter)
    try:
        yield
    finally:
        _reporter.reset(before)


def report_progress(activity: str, done: int, total: int) -> None:
    """Tell whoever listens; nobody does in a run of a worker."""
    reporter = _reporter.get()
    if reporter is not None:
        reporter(activity, done, total)
