from __future__ import annotations

import asyncio
import gzip
import stat
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from domain.clearance import Clearance
from domain.errors import Conflict, NotFound, StorageError
from flows.ceo_briefing import ceo_briefing
from storage.backup import back_up, restore
from storage.backup_file import check_backup, read_header
from storage.knowledge_search import SearchQuery
from storage.sealing import open_sealer
from storage.settings import Settings
from storage.stores import Stores, open_stores
from tasks.stores import use_stores
from tests.minhash_model import MinHashModel
from tests.postgres_server import PostgresServer
from tests.stores import (
    INTERNAL,
    TOP_SECRET,
    HandClock,
    item,
    reader_at,
    store,
    validated,
)

KNOWN = [
    item(f"note-{number}", f"The plant in Brno lacks {number} welders. Zwölf 😀 of {number}.")
    for number in range(12)
]
QUERIES = [SearchQuery(text="welders in Brno"), SearchQuery(text="lacks 7 welders")]
BATCH = 5

NewDatabase = Callable[[], str | None]


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest) -> NewDatabase:
    """Returns the URL of a database without tables; None stands for SQLite in the home."""
    if request.param == "sqlite":
        return lambda: None
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return lambda: server.url(server.new_database())


def opened(settings: Settings, clock: HandClock):
    numbers = count(1)
    return open_stores(
        settings, clock=clock, new_id=lambda: f"{next(numbers):032x}", model=MinHashModel()
    )


async def answers(stores: Stores) -> list[str]:
    """Return, as bytes would stand in a file, what a reader gets at internal: finds and an edition."""
    found = await stores.knowledge.search(QUERIES, reader_at(INTERNAL, "ana"))
    async with use_stores(stores):
        edition = await ceo_briefing("ana", edition="monday")
    items = [
        await stores.knowledge.get_item(one.knowledge_id, reader_at(INTERNAL)) for one in KNOWN
    ]
    return [one.model_dump_json() for one in (*found[0], *found[1], edition, *items)]


@pytest.mark.usefixtures("prefect_api")
async def test_a_backup_taken_while_knowledge_comes_in_gives_the_same_answers_in_an_empty_home(
    tmp_path: Path, clock: HandClock, new_database: NewDatabase
):
    old = Settings(home=tmp_path / "old", database_url=new_database())
    new = Settings(home=tmp_path / "new", database_url=new_database())
    async with opened(old, clock) as stores:
        await stores.principals.add("ana", INTERNAL)
        await store(stores, *KNOWN)
        before = await answers(stores)
        came_in, is_over = asyncio.Event(), asyncio.Event()
        coming = asyncio.create_task(take_in(stores, came_in, is_over))
        await came_in.wait()
        await back_up(old, tmp_path / "backup")
        is_over.set()
        taken = await coming
        epochs = await stores.epochs.read(Clearance(level=TOP_SECRET))

    kept_rows = (await restore(new, tmp_path / "backup")).rows
    async with opened(new, clock) as stores:
        await stores.knowledge.reindex()
        assert await answers(stores) == before
        assert await stores.audit.verify() > kept_rows["audit_log"]
        kept = await batches_in(stores, taken)
        assert 1 <= kept <= taken
        restored = await stores.epochs.read(Clearance(level=TOP_SECRET))
        assert all(after > before for after, before in zip(restored, epochs, strict=True))
        # What counts up goes on behind what was brought back.
        await store(stores, item("after", "Something new."))


async def take_in(stores: Stores, came_in: asyncio.Event, is_over: asyncio.Event) -> int:
    """Take in batches at the highest level until *is_over*; return how many."""
    taken = 0
    while not is_over.is_set():
        some = [item(f"secret-{taken}-{n}", f"Secret {n}.", TOP_SECRET) for n in range(BATCH)]
        await stores.knowledge.add_items(validated(*some), reader_at(TOP_SECRET))
        taken += 1
        came_in.set()
    return taken


async def batches_in(stores: Stores, most: int) -> int:
    """Return how many batches are there: the first ones, each of them wholly."""
    present = [
        [await is_there(stores, f"secret-{batch}-{n}") for n in range(BATCH)]
        for batch in range(most)
    ]
    kept = sum(all(batch) for batch in present)
    assert present == [[True] * BATCH] * kept + [[False] * BATCH] * (most - kept)
    return kept


async def is_there(stores: Stores, knowledge_id: str) -> bool:
    try:
        await stores.knowledge.get_item(knowledge_id, reader_at(TOP_SECRET))
    except NotFound:
        return False
    return True


async def test_a_backup_of_one_kind_of_database_is_restored_into_the_other_and_back(
    tmp_path: Path, clock: HandClock, postgres_server: PostgresServer
):
    sqlite = Settings(home=tmp_path / "first")
    server = Settings(
        home=tmp_path / "second",
        database_url=postgres_server.url(postgres_server.new_database()),
    )
    back = Settings(home=tmp_path / "third")
    async with opened(sqlite, clock) as stores:
        await stores.principals.add("ana", INTERNAL)
        await store(stores, *KNOWN)
    await back_up(sqlite, tmp_path / "one")
    await restore(server, tmp_path / "one")
    await back_up(server, tmp_path / "two")
    await restore(back, tmp_path / "two")
    async with opened(back, clock) as stores:
        assert [
            await stores.knowledge.get_item(one.knowledge_id, reader_at(INTERNAL)) for one in KNOWN
        ]
        entries = await stores.audit.verify()
    assert entries == check_backup(tmp_path / "two").rows["audit_log"] + 1


@pytest.fixture
async def small(tmp_path: Path, clock: HandClock) -> Settings:
    """A small installation with its backup beside it."""
    settings = Settings(home=tmp_path / "small")
    async with opened(settings, clock) as stores:
        await stores.principals.add("ana", INTERNAL)
    await back_up(settings, tmp_path / "backup")
    return settings


async def test_a_backup_is_its_owners_alone_and_holds_no_key(small: Settings, tmp_path: Path):
    backup = tmp_path / "backup"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    key = (small.home / "sealing.key").read_bytes().strip()

    assert key not in gzip.decompress(backup.read_bytes())
    assert read_header(backup).sealing_keys


async def test_nothing_is_restored_over_rows_that_are_there(small: Settings, tmp_path: Path):
    with pytest.raises(Conflict, match="empty home"):
        await restore(small, tmp_path / "backup")


async def test_no_file_is_written_over(small: Settings, tmp_path: Path):
    with pytest.raises(Conflict, match="exists already"):
        await back_up(small, tmp_path / "backup")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kept", [0, 5, 100, -9, -1])
async def test_a_backup_that_is_not_whole_is_refused_before_anything_is_written(
    tmp_path: Path, kept: int
):
    whole = (tmp_path / "backup").read_bytes()
    (tmp_path / "cut").write_bytes(whole[:kept])
    with pytest.raises(StorageError):
        await restore(Settings(home=tmp_path / "new"), tmp_path / "cut")
    assert not (tmp_path / "new").exists()


async def test_a_restored_key_opens_what_was_sealed(small: Settings, tmp_path: Path):
    sealed = open_sealer(small).seal(b"hush")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "sealing.key").write_bytes((small.home / "sealing.key").read_bytes())
    await restore(Settings(home=tmp_path / "new"), tmp_path / "backup")
    assert open_sealer(Settings(home=tmp_path / "new")).open(sealed) == b"hush"
