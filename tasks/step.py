"""How every task runs: retried when the fault may pass, timed, named, and silent about content.

Of an exception nothing leaves the task but what `tasks.silence` lets out, and nothing that is printed.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from prefect import Task
from prefect import task as prefect_task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff

from domain.errors import TransientStorageError
from tasks.disturbance import disturb
from tasks.observation import observed_step
from tasks.progress import tell_step
from tasks.sealed_results import NamedBySeal, SealedSerializer, SharedResults
from tasks.silence import without_content

P = ParamSpec("P")
R = TypeVar("R")

RETRIES = 4
_BACKOFF_SECONDS = 0.5
_JITTER = 0.5


def step(
    *, name: str, timeout: timedelta, keep_result: bool = False
) -> Callable[[Callable[P, Awaitable[R]]], Task[P, Coroutine[Any, Any, R]]]:
    """Make an async function a task.

    With *keep_result* the result is sealed and kept, so that a retry of the flow run does not repeat
    the task as long as its arguments are the same.
    """
    # Prefect's tags are left out: it asks its API for a slot of each tag whenever a task starts, by a
    # client that fails at once when the API is away just then, and with it the run.

    def decorate(function: Callable[P, Awaitable[R]]) -> Task[P, Coroutine[Any, Any, R]]:
        decorated = prefect_task(
            name=name,
            task_run_name=name,
            retries=RETRIES,
            retry_delay_seconds=exponential_backoff(_BACKOFF_SECONDS),
            retry_jitter_factor=_JITTER,
            retry_condition_fn=_may_pass,
            timeout_seconds=timeout.total_seconds(),
            cache_policy=NamedBySeal() if keep_result else NO_CACHE,
            persist_result=keep_result,
            result_serializer=SealedSerializer() if keep_result else None,
            log_prints=False,
        )
        made = decorated(_guarded(name, function))
        if keep_result:
            # The decorator takes a fixed path or a block saved on the server; this one finds the
            # run's stores when it reads and writes, and needs no server.
            made.result_storage = SharedResults()
        return made

    return decorate


def _guarded(name: str, function: Callable[P, Awaitable[R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    @functools.wraps(function)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        return await without_content(name, work(*args, **kwargs))

    async def work(*args: P.args, **kwargs: P.kwargs) -> R:
        tell_step(name)
        with observed_step(name):
            result = await function(*args, **kwargs)
            disturb(name, (*args, *kwargs.values()), result)
            return result

    return guarded


async def _may_pass(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:
    """Return whether the failure is worth another try."""
    del task, run
    try:
        error: Any = await state.aresult(raise_on_failure=False)
    except Exception:  # noqa: BLE001 - a state whose error cannot be read back is not retried
        return False
    return isinstance(error, (TransientStorageError, TimeoutError))
