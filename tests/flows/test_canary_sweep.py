"""No content leaves the stores; and where some does on purpose, the sweep finds it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect import flow, get_client, get_run_logger, tags, task
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.runtime import flow_run
from redis import Redis

import flows
from domain.canary import CANARY_LETTERS, Canary, CanaryMissed, PlaceKind
from domain.clearance import ConfidentialityLevel
from flows import canary_sweep
from flows.canary_rehearsal import Rehearsal
from flows.canary_sweep import require_seen, search_everything_written
from storage.stores import Stores
from tasks import (
    analysis,
    artifacts,
    briefings,
    collaboration,
    identification,
    ingestion,
    made_once,
    sessions,
    spreading,
)
from tasks import maintenance as upkeep
from tasks import scheduled_briefings as schedule
from tasks.canary_places import Search, search_prefect, search_redis
from tasks.stores import use_stores
from tests.stores import CONFIDENTIAL, INTERNAL, TOP_SECRET, OpenHome

WORD = CANARY_LETTERS
"""The alphabet itself: as good a word as any."""


@pytest.fixture
async def stores(open_home: OpenHome, prefect_api: str) -> Stores:
    del prefect_api
    return await open_home()


def steps() -> set[str]:
    modules = (
        *(analysis, artifacts, briefings, collaboration),
        *(identification, ingestion, made_once, sessions, upkeep, schedule),
    )
    # What a cluster of other processes does is not in reach of a rehearsal; that it is planned is.
    spread = {spreading.plan_batches.name}
    everything = [value for module in modules for value in vars(module).values()]
    return spread | {one.name for one in everything if hasattr(one, "retry_condition_fn")}


async def test_no_content_leaves_the_stores_whatever_fails(
    stores: Stores, redis_of_all_tests: Redis
) -> None:
    async with use_stores(stores):
        report = await canary_sweep()
    assert set(report.flows) == {name.replace("_", "-") for name in flows.__all__} - {
        "canary-sweep"
    }
    assert set(report.steps_failed) == steps()
    assert {kind for kind, number in report.looked_through.items() if number} == set(PlaceKind)
    assert report.looked_through["log"] > report.flow_runs
    assert report.looked_through["event"] > report.flow_runs
    assert report.looked_through["task run"] > 10 * len(report.steps_failed)
    # Nothing is left of it.
    assert list(stores.settings.home.glob("canary-*")) == []
    own = (await stores.database.installation_id()).encode()
    assert [key for key in redis_of_all_tests.scan_iter() if own not in key] == []


@pytest.fixture
def unsealed_file(tmp_path: Path) -> Iterator[Path]:
    """A file where Prefect keeps results that nobody seals."""
    folder = Path(os.environ["PREFECT_HOME"]) / "storage"
    folder.mkdir(exist_ok=True)
    file = folder / tmp_path.name
    yield file
    file.unlink(missing_ok=True)


def leaking_flow(word: str, unsealed_file: Path) -> Any:
    """Return a flow that does all that a quiet flow of quiet steps does not."""

    def keep_unsealed() -> None:
        unsealed_file.write_bytes(f'{{"result": "{word}"}}'.encode("utf-16-le"))

    @task(name="careless")
    async def careless() -> None:
        raise ValueError(word)

    @flow(name=f"leaking {word}", flow_run_name=f"leaking {word}")
    async def leaking(requirement: str) -> None:
        get_run_logger().info("read %s", requirement)
        emit_event(f"leak.{word}", resource={"prefect.resource.id": "leak"})
        keep_unsealed()
        async with get_client() as client:
            await client.create_artifact(
                ArtifactCreate(
                    type="markdown",
                    key="leak",
                    data=f"# {word}",
                    flow_run_id=flow_run.get_id(),  # pyright: ignore[reportArgumentType] - validated
                )
            )
        await careless()

    return leaking


@pytest.mark.parametrize("level", [INTERNAL, CONFIDENTIAL])
async def test_each_leak_is_found(
    stores: Stores, redis_of_all_tests: Redis, unsealed_file: Path, level: ConfidentialityLevel
) -> None:
    since = datetime.now(UTC) - timedelta(seconds=1)
    search = Search([Canary(level, WORD)])
    with tags("canary:leaking"):
        state: State[Any] = await leaking_flow(WORD, unsealed_file)(WORD, return_state=True)
    assert state.is_failed()
    redis_of_all_tests.hset("leak", "field", f"it says {WORD}")
    redis_of_all_tests.expire("leak", 60)
    (stores.settings.home / "trace.log").write_text(f"ERROR {WORD}")

    await search_prefect(
        search, tag="canary:leaking", sweep_run_id=None, since=since, ui_ceiling=INTERNAL
    )
    await search_redis(search, stores.redis)
    await search_everything_written(search, [stores.settings], since=since)

    kinds = {leak.place.kind for leak in search.leaks}
    may_be_shown = {PlaceKind.ARTIFACT} if level is INTERNAL else set[PlaceKind]()
    assert kinds == set(PlaceKind) - {PlaceKind.ANSWER} - may_be_shown
    files = {Path(leak.place.name).name for leak in search.leaks if leak.place.kind == "file"}
    assert {"trace.log", unsealed_file.name} <= files
    assert any(name.startswith("prefect.db") for name in files) is (level is CONFIDENTIAL)
    assert WORD not in repr(search.leaks).replace(str(unsealed_file), "")


async def test_a_sweep_that_finds_something_fails_and_says_where_and_not_what(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, unsealed_file: Path
) -> None:
    words: list[str] = []

    async def leak(rehearsal: Rehearsal) -> None:
        words.append(rehearsal._search.canaries[-1].token)
        await leaking_flow(words[0], unsealed_file)("asked", return_state=True)

    monkeypatch.setattr(Rehearsal, "perform", leak)
    run: Any = canary_sweep
    async with use_stores(stores):
        state: State[Any] = await run(return_state=True)
    assert state.is_failed()
    told = str(state.message)
    assert "content stands where it may not" in told
    assert "(top_secret)" in told
    assert words[0] not in told


def test_a_sweep_that_planted_nothing_says_so() -> None:
    canaries = [Canary(level, WORD[::-1]) for level in (INTERNAL, TOP_SECRET)]
    told = {level: [WORD[::-1]] for level in (INTERNAL, CONFIDENTIAL, TOP_SECRET)}
    require_seen(told, canaries)
    with pytest.raises(CanaryMissed, match="a reader at top_secret was not told of: internal"):
        require_seen(told | {TOP_SECRET: ["nothing"]}, canaries)
