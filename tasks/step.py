"""How every task runs: retried when the fault may pass, timed, named, and silent about content.

Prefect writes an exception's text into its database and logs. Diarchy's own errors name ids and
labels only; of any other exception nothing but its type leaves the task.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from prefect import Task
from prefect import task as prefect_task
from prefect.cache_policies import DEFAULT, NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.exceptions import PrefectException
from prefect.tasks import exponential_backoff

from domain.errors import DiarchyError, TransientStorageError
from tasks.observation import observed_step
from tasks.sealed_results import HomeResults, SealedSerializer
from tasks.tag_limits import has_no_limit

P = ParamSpec("P")
R = TypeVar("R")

RETRIES = 4
_BACKOFF_SECONDS = 0.5
_JITTER = 0.5


class StepFailed(DiarchyError):
    """A step failed for a reason that is not one of Diarchy's own errors."""


def step(
    *, name: str, timeout: timedelta, tags: set[str], keep_result: bool = False
) -> Callable[[Callable[P, Awaitable[R]]], Task[P, Coroutine[Any, Any, R]]]:
    """Make an async function a task.

    With *keep_result* the result is sealed and kept, so that a retry of the flow run does not repeat
    the task as long as its arguments are the same.
    """
    has_no_limit(tags)

    def decorate(function: Callable[P, Awaitable[R]]) -> Task[P, Coroutine[Any, Any, R]]:
        decorated = prefect_task(
            name=name,
            task_run_name=name,
            tags=tags,
            retries=RETRIES,
            retry_delay_seconds=exponential_backoff(_BACKOFF_SECONDS),
            retry_jitter_factor=_JITTER,
            retry_condition_fn=_may_pass,
            timeout_seconds=timeout.total_seconds(),
            cache_policy=DEFAULT if keep_result else NO_CACHE,
            persist_result=keep_result,
            result_serializer=SealedSerializer() if keep_result else None,
        )
        made = decorated(_without_content(name, function))
        if keep_result:
            # The decorator takes a fixed path or a block saved on the server; this one finds the
            # home when it writes, and needs no server.
            made.result_storage = HomeResults()
        return made

    return decorate


def _without_content(
    name: str, function: Callable[P, Awaitable[R]]
) -> Callable[P, Coroutine[Any, Any, R]]:
    @functools.wraps(function)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with observed_step(name):
                return await function(*args, **kwargs)
        except (DiarchyError, PrefectException):
            raise
        except TimeoutError:
            raise TransientStorageError(f"{name} waited too long for an answer") from None
        except Exception as error:  # noqa: BLE001 - it is raised again without its text
            # Anything may stand in the text of an error that is not ours, also what was read.
            raise StepFailed(f"{name} failed: {type(error).__name__} {_place(error)}") from None

    return guarded


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    code = trace.tb_frame.f_code
    return f"in {code.co_name}, line {trace.tb_lineno}"


async def _may_pass(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:
    """Return whether the failure is worth another try."""
    del task, run
    try:
        error: Any = await state.aresult(raise_on_failure=False)
    except Exception:  # noqa: BLE001 - a state whose error cannot be read back is not retried
        return False
    return isinstance(error, (TransientStorageError, TimeoutError))
