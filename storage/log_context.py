"""Which run and which event the present code works for: ids that log lines carry."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_ids: ContextVar[Mapping[str, str]] = ContextVar("diarchy_log_ids", default={})  # noqa: B039 - never changed in place


@contextmanager
def log_ids(**ids: str) -> Generator[None]:
    """Let what is logged in the block carry *ids* too."""
    token = _ids.set({**_ids.get(), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


def present_ids() -> Mapping[str, str]:
    """Return the ids of the present block."""
    return _ids.get()
