"""What was asked of the command line as a whole, before any command: how much to say."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invocation:
    """The options that stand before the command."""

    verbose: bool = False
    debug: bool = False


_invocation: ContextVar[Invocation] = ContextVar("invocation")


def remember_invocation(invocation: Invocation) -> None:
    """Keep the options of this run of the program."""
    _invocation.set(invocation)


def get_invocation() -> Invocation:
    """Return the options of this run; the defaults before they have been read."""
    return _invocation.get(Invocation())
