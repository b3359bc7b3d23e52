"""What an error may say outside the stores: its kind and its place, never what was read.

Prefect writes an exception's text, its causes and its notes into states, logs and traces. Diarchy's own
errors name ids and labels only; of any other one nothing but its type is told. What an error was raised
from is told of none: a driver's error quotes the statement that failed, with its values.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from prefect.exceptions import ExternalSignal, PrefectException, PrefectSignal

from domain.errors import DiarchyError, TransientStorageError

R = TypeVar("R")

_CONTROL = (
    PrefectSignal,
    ExternalSignal,
    asyncio.CancelledError,
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
)
"""What ends or pauses a run on purpose. Any other exception may quote content, also one that is no
`Exception`: a panic of a library written in Rust comes as a bare `BaseException`."""


class StepFailed(DiarchyError):
    """A step failed for a reason that is not one of Diarchy's own errors."""


async def without_content(name: str, work: Awaitable[R]) -> R:
    """Return what *work* returns; raise what may be told of what it raises."""
    try:
        return await work
    except _CONTROL:
        raise
    except BaseException as error:  # noqa: BLE001 - it is told without its text
        told = _what_may_be_told(name, error)
    # Raised out here, where no context hangs on.
    raise told


def _what_may_be_told(name: str, error: BaseException) -> BaseException:
    if isinstance(error, (DiarchyError, PrefectException)):
        return _alone(error)
    if isinstance(error, TimeoutError):
        return TransientStorageError(f"{name} waited too long for an answer")
    return StepFailed(f"{name} failed: {type(error).__name__} {_place(error)}")


def _alone(error: DiarchyError | PrefectException) -> BaseException:
    """Return *error* without what it was raised from and without notes."""
    error.__cause__ = None
    error.__context__ = None
    error.__dict__.pop("__notes__", None)
    return error


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    code = trace.tb_frame.f_code
    return f"in {code.co_name}, line {trace.tb_lineno}"
