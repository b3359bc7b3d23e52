from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
from prefect.client.schemas.objects import State
from prefect.settings import (
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_LOG_PRINTS,
    PREFECT_RESULTS_PERSIST_BY_DEFAULT,
    temporary_settings,
)
from pydantic import AfterValidator, Field

import flows
from domain.clearance import ConfidentialityLevel
from domain.errors import AccessDenied, StorageError
from domain.sealed import SealedText
from storage.stores import Stores
from tasks.quiet_flow import InvalidParameters, quiet_flow
from tasks.silence import StepFailed
from tasks.stores import use_stores
from tests.kept_by_prefect import all_that_prefect_keeps
from tests.stores import OpenHome

SECRET = "secret-token-7431"  # noqa: S105 - what must not be found


@pytest.fixture
async def stores(open_home: OpenHome, prefect_api: str) -> Stores:
    del prefect_api
    return await open_home()


def raising(error: BaseException) -> Any:
    @quiet_flow(name="leaking", run_name="leaking")
    async def leaking() -> None:
        print(SECRET)  # noqa: T201 - as a library might
        raise error

    return leaking


def _own_error_of_a_foreign_one() -> Exception:
    error = StorageError("the shelf is full")
    error.__cause__ = RuntimeError(SECRET)
    error.add_note(SECRET)
    return error


class Panic(BaseException):
    pass


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError(SECRET), "leaking failed: ValueError in leaking"),
        (ExceptionGroup(SECRET, [KeyError(SECRET)]), "leaking failed: ExceptionGroup"),
        (Panic(SECRET), "leaking failed: Panic in leaking"),
        (_own_error_of_a_foreign_one(), "the shelf is full"),
    ],
    ids=["foreign", "group", "panic", "own"],
)
async def test_what_a_flow_raises_is_told_without_content(
    stores: Stores, error: BaseException, said: str
):
    with temporary_settings({PREFECT_LOGGING_LOG_PRINTS: True}):
        async with use_stores(stores):
            state: State[Any] = await raising(error)(return_state=True)
    assert state.is_failed()
    told = await all_that_prefect_keeps(state)
    assert said in told
    assert SECRET not in told


async def test_own_errors_stay_what_they_are(stores: Stores):
    async with use_stores(stores):
        with pytest.raises(AccessDenied):
            await raising(AccessDenied())()
        with pytest.raises(StepFailed):
            await raising(KeyError(SECRET))()


def _refuse(text: str) -> str:
    raise ValueError(f"not {text}")


@quiet_flow(name="choosy", run_name="choosy")
async def choosy(
    requirement: str | SealedText = "any",
    level: ConfidentialityLevel = ConfidentialityLevel.PUBLIC,
    count: Annotated[int, Field(ge=1)] = 1,
    notes: dict[str, str] | None = None,
    odd: Annotated[str, AfterValidator(_refuse)] | None = None,
) -> tuple[str, int]:
    del notes, odd
    return type(requirement).__name__ + type(level).__name__, count


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"requirement": [SECRET]}, "requirement: Input should be a valid string"),
        ({"requirement": {SECRET: SECRET}}, "requirement: "),
        ({"level": SECRET}, "level: Input should be 'public', 'internal'"),
        ({"count": SECRET}, "count: Input should be a valid integer"),
        ({"notes": {SECRET: [SECRET]}}, "notes: Input should be a valid string"),
        ({"odd": SECRET}, "odd: value_error"),
    ],
)
async def test_a_refused_parameter_is_named_without_its_value(
    stores: Stores,
    parameters: dict[str, Any],
    said: str,
    caplog: pytest.LogCaptureFixture,
):
    run: Any = choosy
    async with use_stores(stores):
        state: State[Any] = await run(**parameters, return_state=True)
        with pytest.raises(InvalidParameters, match=said):
            await run(**parameters)
    assert state.is_failed()
    assert said in str(state.message)
    assert SECRET not in str(state.message)
    assert SECRET not in caplog.text
    # The parameters themselves stand in Prefect's database as they were given.
    told = await all_that_prefect_keeps(state.model_copy(update={"message": None}))
    assert told.count(SECRET) <= repr(parameters).count(SECRET)


async def test_parameters_arrive_as_their_annotations_want_them(stores: Stores):
    run: Any = choosy
    async with use_stores(stores):
        assert await run({"sealed": "x"}, level="internal", count="3") == (
            "SealedTextConfidentialityLevel",
            3,
        )


async def test_no_result_is_kept_whatever_a_profile_asks_for(stores: Stores, tmp_path: Path):
    @quiet_flow(name="answering", run_name="answering")
    async def answering() -> str:
        return SECRET

    storage = tmp_path / "storage"
    with temporary_settings(
        {PREFECT_RESULTS_PERSIST_BY_DEFAULT: True, PREFECT_LOCAL_STORAGE_PATH: storage}
    ):
        async with use_stores(stores):
            assert await answering() == SECRET
            await raising(ValueError(SECRET))(return_state=True)
    assert SECRET.encode() not in b"".join(
        path.read_bytes() for path in stores.settings.home.rglob("*") if path.is_file()
    )
    assert not storage.exists()


def test_every_flow_is_quiet():
    for name in flows.__all__:
        flow: Any = getattr(flows, name)
        assert flow.persist_result is False
        assert flow.log_prints is False
        assert flow.should_validate_parameters is False
        assert flow.result_serializer.type == "diarchy-sealed"
        assert flow.fn.__wrapped__.__module__ == f"flows.{name}"
