from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import TypeAdapter

import flows
from domain.errors import (
    AccessDenied,
    Conflict,
    DiarchyError,
    IndexMismatch,
    InvalidInput,
    NotFound,
    SealBroken,
    StorageError,
    TransientStorageError,
)
from tasks import analysis, briefings, identification, ingestion, maintenance
from tasks.silence import StepFailed
from tasks.step import RETRIES, step
from tests.kept_by_prefect import all_that_prefect_keeps

MINUTE = timedelta(minutes=1)
SECRET = "secret-token-7431"  # noqa: S105 - what must not be found


def failing_step(error: Exception, *, times: int = 99) -> tuple[Any, list[int]]:
    """Return a step that raises *error* so many times, and the list of its attempts."""
    attempts: list[int] = []

    @step(name="fails", timeout=MINUTE)
    async def fails() -> str:
        attempts.append(len(attempts))
        if len(attempts) <= times:
            raise error
        return "done"

    # The waits between attempts are what a run takes, not what decides.
    return fails.with_options(retry_delay_seconds=0, retry_jitter_factor=0.0), attempts


@pytest.mark.parametrize("error", [TransientStorageError("busy"), TimeoutError("slow")])
async def test_what_may_pass_is_tried_again_until_it_passes(prefect_api: str, error: Exception):
    del prefect_api
    task, attempts = failing_step(error, times=2)
    assert await task() == "done"
    assert len(attempts) == 3


async def test_what_does_not_pass_is_given_up_at_last(prefect_api: str):
    del prefect_api
    task, attempts = failing_step(TransientStorageError("busy"))
    with pytest.raises(TransientStorageError):
        await task()
    assert len(attempts) == 1 + RETRIES


@pytest.mark.parametrize(
    "error",
    [
        AccessDenied(),
        NotFound(),
        InvalidInput("no"),
        Conflict(),
        IndexMismatch(),
        SealBroken(),
        StorageError("no"),
        ValueError("no"),
        KeyError("no"),
        OSError("no"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_will_not_pass_is_tried_once(prefect_api: str, error: Exception):
    del prefect_api
    task, attempts = failing_step(error)
    with pytest.raises(DiarchyError) as raised:
        await task()
    assert len(attempts) == 1
    assert isinstance(raised.value, type(error) if isinstance(error, DiarchyError) else StepFailed)


def test_waits_between_attempts_grow_and_are_jittered():
    @step(name="any", timeout=MINUTE)
    async def anything() -> None: ...

    assert anything.retries == RETRIES
    delays = anything.retry_delay_seconds
    assert isinstance(delays, list)
    assert len(delays) == RETRIES
    assert all(later >= 2 * sooner for sooner, later in pairwise(delays))
    assert anything.retry_jitter_factor


def test_every_task_is_bounded_in_time_and_retried_and_asks_for_no_slot_of_a_tag():
    tasks = [
        value
        for module in (analysis, briefings, identification, ingestion, maintenance)
        for value in vars(module).values()
        if hasattr(value, "retry_condition_fn")
    ]
    assert len(tasks) > 15
    for task in tasks:
        assert not task.tags
        assert task.timeout_seconds
        assert task.retries == RETRIES
        assert task.retry_condition_fn is not None
        if task.persist_result:
            assert task.result_serializer.type == "diarchy-sealed"
    assert len({task.name for task in tasks}) == len({id(task) for task in tasks})


def test_every_flow_has_a_name_that_shows_no_requirement():
    for name in flows.__all__:
        run_name = getattr(flows, name).flow_run_name
        assert "requirement" not in run_name


def _foreign_error() -> Exception:
    return ValueError(SECRET)


def _nested_error() -> Exception:
    error = RuntimeError(SECRET)
    error.__cause__ = KeyError(SECRET)
    error.add_note(SECRET)
    return error


def _own_error_of_a_foreign_one() -> Exception:
    error = StorageError("leaks failed")
    error.__cause__ = RuntimeError(SECRET)
    error.__context__ = KeyError(SECRET)
    error.add_note(SECRET)
    return error


class Panic(BaseException):
    pass


def _panic() -> BaseException:
    return Panic(SECRET)


def _validation_error() -> Exception:
    try:
        TypeAdapter(int).validate_python(SECRET)
    except ValueError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    "make", [_foreign_error, _nested_error, _own_error_of_a_foreign_one, _panic, _validation_error]
)
async def test_the_text_of_a_foreign_error_reaches_neither_states_nor_logs(
    prefect_api: str, make: Any
):
    del prefect_api

    @step(name="leaks", timeout=MINUTE)
    async def leaks() -> None:
        print(SECRET)  # noqa: T201 - as a library might
        raise make()

    @flow(name="leaking", log_prints=True)
    async def leaking() -> None:
        await leaks()

    run: Any = leaking
    state: State[Any] = await run(return_state=True)
    assert state.is_failed()
    assert "leaks failed" in str(state.message)
    told = await all_that_prefect_keeps(state)
    assert "leaks failed" in told
    assert SECRET not in told
