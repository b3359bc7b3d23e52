"""Whether any content leaves the stores: canaries are planted, every flow is run and every step made to
fail, and then everything besides the stores is searched for them.

The sweep has an installation of its own, which is gone afterwards: no reader's answers change. Prefect,
its logs and its files, the results' sealing and the Redis server are those of every other run.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from prefect import tags
from prefect.runtime import flow_run
from prefect.settings import get_current_settings

from domain.canary import (
    CANARY_LENGTH,
    CANARY_LETTERS,
    Canary,
    CanaryMissed,
    SweepReport,
    require_clean,
)
from domain.clearance import Clearance, ConfidentialityLevel
from domain.requests import AnalysisBrief, KeptRequest
from domain.summary import Cadence
from flows.canary_company import (
    READERS,
    conversation_about,
    reader_name,
    requirement_with,
    session_name,
    write_knowledge,
)
from flows.canary_rehearsal import Rehearsal
from storage.redis_census import forget_installation, redis_url_of
from storage.reports import ReportKind
from storage.settings import Settings
from storage.stores import Stores, open_stores
from tasks.canary_places import (
    Search,
    empty_artifacts,
    search_files,
    search_prefect,
    search_redis,
)
from tasks.quiet_flow import quiet_flow
from tasks.stores import current_settings, use_stores


@quiet_flow(name="canary-sweep", run_name="canary-sweep")
async def canary_sweep() -> SweepReport:
    """Sweep once. Raises `CanaryFound`, which says where, and `CanaryMissed` when it cannot tell."""
    settings = current_settings()
    sweep_id = secrets.token_hex(8)
    since = datetime.now(UTC)
    tag = f"canary:{sweep_id}"
    words = {level: _random_word() for level in ConfidentialityLevel}
    canaries = [Canary(level, word) for level, word in words.items()]
    async with _installation_of_its_own(settings) as stores:
        search = Search(canaries)
        with tags(tag):
            rehearsal = await _rehearse(stores, words, search)
        flow_run_ids = await search_prefect(
            search,
            tag=tag,
            sweep_run_id=UUID(flow_run.get_id()),
            since=since,
            ui_ceiling=settings.ui_ceiling,
        )
        await search_redis(search, stores.redis)
        await search_everything_written(search, [settings, stores.settings], since=since)
    require_clean(search.leaks)
    require_seen(rehearsal.answers, canaries)
    await empty_artifacts(flow_run_ids)
    return SweepReport(
        sweep_id=sweep_id,
        flows=tuple(sorted(rehearsal.flows)),
        steps_failed=tuple(rehearsal.steps_failed),
        flow_runs=len(flow_run_ids),
        looked_through={kind.value: number for kind, number in search.counts.items()},
    )


async def search_everything_written(
    search: Search, installations: Sequence[Settings], *, since: datetime
) -> None:
    """Look through all files that were written since: of the homes besides their stores, and Prefect's."""
    prefect = get_current_settings()
    homes = [settings.home for settings in installations]
    await search_files(
        search,
        [*homes, prefect.home, prefect.results.local_storage_path],
        leave_out=[store for settings in installations for store in _stores_of(settings)],
        shown=[
            file
            for folder in (*homes, prefect.home)
            for name in ("prefect.db", "prefect.db-wal", "prefect.db-shm")
            for file in (folder / name, folder / "prefect" / name)
        ],
        ui_ceiling=installations[0].ui_ceiling,
        since=since,
    )


def require_seen(
    answers: Mapping[ConfidentialityLevel, Sequence[str]], canaries: Sequence[Canary]
) -> None:
    """Raise `CanaryMissed` unless every reader was answered with each canary that it may read.

    A search that finds nothing says something only when there was something to find.
    """
    for clearance in READERS:
        told = "\n".join(answers.get(clearance, ()))
        missed = [
            canary.level.value
            for canary in canaries
            if Clearance(level=clearance).dominates(canary.level) and canary.token not in told
        ]
        if missed:
            raise CanaryMissed(f"a reader at {clearance} was not told of: {', '.join(missed)}")


async def _rehearse(
    stores: Stores, words: Mapping[ConfidentialityLevel, str], search: Search
) -> Rehearsal:
    for clearance in READERS:
        await stores.principals.add(reader_name(clearance), clearance)
        await stores.subscriptions.add(reader_name(clearance), [Cadence.WEEKLY])
        reader = await stores.principals.get_reader(reader_name(clearance))
        await stores.sessions.start(reader, session_id=session_name(clearance))
    internal = words[ConfidentialityLevel.INTERNAL]
    with tempfile.TemporaryDirectory() as folder:
        knowledge = Path(folder) / "canaries.jsonl"
        await asyncio.to_thread(write_knowledge, knowledge, words, stores.clock())
        requirement = requirement_with(internal, stores.clock())
        stored = await _store_request(stores, words)
        said = conversation_about(internal)
        rehearsal = Rehearsal(
            stores, knowledge, requirement, stored, conversation=said, search=search
        )
        async with use_stores(stores):
            await rehearsal.perform()
    return rehearsal


async def _store_request(stores: Stores, words: Mapping[ConfidentialityLevel, str]) -> KeptRequest:
    """Store a requirement of the highest reader's, and return by what it is asked for."""
    highest = READERS[-1]
    reader = await stores.principals.get_reader(reader_name(highest))
    word = words[highest]
    brief = AnalysisBrief(
        requirement=requirement_with(word, stores.clock()),
        context={"remark": f"Mind {word}."},
        confidentiality_level=highest,
        sources=(),
    )
    request_id = stores.new_id()
    await stores.reports.save(
        brief, report_id=request_id, kind=ReportKind.REQUEST, reader=reader, made_from=()
    )
    return KeptRequest(request_id=request_id)


@asynccontextmanager
async def _installation_of_its_own(settings: Settings) -> AsyncGenerator[Stores]:
    """Open an empty installation in the home, on the Redis server of *settings*; leave nothing of it."""
    redis_url = await asyncio.to_thread(redis_url_of, settings)
    await asyncio.to_thread(settings.home.mkdir, mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix="canary-") as home:
        own = settings.model_copy(
            update={
                "home": Path(home),
                "database_url": None,
                "lancedb_uri": None,
                "sealing_key": None,
                "redis_url": redis_url,
                "clock": None,
            }
        )
        async with open_stores(own) as stores:
            installation_id = await stores.database.installation_id()
            try:
                yield stores
            finally:
                await forget_installation(stores.redis, installation_id)


def _stores_of(settings: Settings) -> list[Path]:
    """Return where *settings* keep what may hold content in clear: the truth and its index."""
    database = settings.home / "diarchy.sqlite"
    return [
        *(database.with_name(f"{database.name}{suffix}") for suffix in ("", "-wal", "-shm")),
        Path(settings.lancedb_location),
    ]


def _random_word() -> str:
    return "".join(secrets.choice(CANARY_LETTERS) for _ in range(CANARY_LENGTH))
