"""Changing the sealing key while everything runs: a new one first, what is kept sealed anew, the old one gone.

The order keeps everything readable: the new key stands in the file before anything is sealed with it, and
processes that began before look into the file when a value does not open. An old key goes when nothing
that is kept, waits or runs needs it any more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from cryptography.fernet import Fernet
from filelock import FileLock
from sqlalchemy import Connection, MetaData, select, update

from domain.errors import InvalidInput, SealBroken
from domain.event_payloads import StrategicAlert
from domain.events import Event
from storage.event_bus import EventBus
from storage.sealing import KEY_FILE, Sealer, find_keys, replace_keys
from storage.settings import Settings
from storage.stores import Stores

_TOKEN = re.compile(rb"gAAAA[A-Za-z0-9_\-]{60,}={0,2}")
"""A Fernet token, wherever in a file or a column it stands."""
_SEALED_COLUMNS = (("outgoing_events", "body"), ("task_results", "sealed"))
_RESULTS = "results"


class Resealed(NamedTuple):
    """What was sealed anew."""

    rows: int
    files: int


def put_new_key_first(settings: Settings) -> int:
    """Make a key that seals from now on; return how many there are now.

    Raises `InvalidInput` where the keys come from the environment.
    """
    _refuse_environment(settings)
    path = settings.home / KEY_FILE
    with _one_at_a_time(settings):
        keys = [Fernet.generate_key(), *find_keys(settings)]
        replace_keys(path, keys)
    return len(keys)


async def reseal_kept(stores: Stores) -> Resealed:
    """Seal anew, with the newest key, what is kept sealed: results for retries and events that wait."""
    rows = 0

    def change(connection: Connection) -> None:
        nonlocal rows
        rows = _reseal_rows(connection, stores.sealer)

    await stores.database.with_changes(change)
    return Resealed(rows, _reseal_files(stores.settings.home / _RESULTS, stores.sealer))


async def what_needs_older_keys(stores: Stores) -> list[str]:
    """Return what of the installation does not open with the newest key alone, a sentence each."""
    sealer = stores.sealer
    reasons: list[str] = []

    def look(connection: Connection) -> int:
        return sum(_needs_older(value, sealer) for _, _, _, value in _sealed_values(connection))

    if rows := await stores.database.with_snapshot(look):
        reasons.append(f"{rows} rows of the database; run: diarchy keys rotate --reseal-only")
    folder = stores.settings.home / _RESULTS
    if files := sum(_needs_older(path.read_bytes(), sealer) for path in _files(folder)):
        reasons.append(f"{files} results kept for retries; run: diarchy keys rotate --reseal-only")
    if notes := await _notes_that_need_older(stores.events, sealer):
        reasons.append(f"the notes of {notes} events that wait or were given up")
    return reasons


def parameters_need_older_key(parameters: str, sealer: Sealer) -> bool:
    """Return whether a flow run's *parameters*, as JSON, hold what the newest key alone does not open."""
    return _needs_older(parameters.encode(), sealer)


def drop_older_keys(settings: Settings) -> int:
    """Keep the newest key alone; return how many are gone. Ask first what needs them."""
    _refuse_environment(settings)
    with _one_at_a_time(settings):
        keys = find_keys(settings)
        replace_keys(settings.home / KEY_FILE, keys[:1])
    return len(keys) - 1


def _reseal_rows(connection: Connection, sealer: Sealer) -> int:
    changed = 0
    for table, key, column, value in _sealed_values(connection):
        resealed = _reseal(value, sealer)
        if resealed != value:
            text = isinstance(table.c[column].type.python_type(), str)
            new = resealed.decode() if text else resealed
            name = next(iter(table.primary_key.columns))
            connection.execute(update(table).where(name == key).values({column: new}))
            changed += 1
    return changed


def _sealed_values(connection: Connection):  # noqa: ANN202 - tuples of table, key, column and bytes
    metadata = MetaData()
    metadata.reflect(connection)
    for name, column in _SEALED_COLUMNS:
        table = metadata.tables.get(name)
        if table is not None:
            key = next(iter(table.primary_key.columns))
            for row in connection.execute(select(key, table.c[column])).all():
                value = row[1].encode() if isinstance(row[1], str) else bytes(row[1])
                yield table, row[0], column, value


def _reseal_files(folder: Path, sealer: Sealer) -> int:
    changed = 0
    for path in _files(folder):
        value = path.read_bytes()
        resealed = _reseal(value, sealer)
        if resealed != value:
            draft = path.with_name(f".{path.name}.resealed")
            draft.touch(mode=0o600)
            draft.write_bytes(resealed)
            draft.replace(path)
            changed += 1
    return changed


def _files(folder: Path) -> Iterable[Path]:
    return [path for path in folder.glob("[!.]*") if path.is_file()]


def _reseal(value: bytes, sealer: Sealer) -> bytes:
    """Return *value* with each token in it that needs an older key under the newest one."""

    def newest(found: re.Match[bytes]) -> bytes:
        token = found[0]
        try:
            return sealer.reseal(token) if sealer.needs_older_key(token) else token
        except SealBroken:
            return token

    return _TOKEN.sub(newest, value)


def _needs_older(value: bytes, sealer: Sealer) -> bool:
    return any(sealer.needs_older_key(token) for token in _TOKEN.findall(value))


async def _notes_that_need_older(bus: EventBus, sealer: Sealer) -> int:
    events: list[Event] = [letter.event async for letter in bus.dead_letters() if letter.event]
    for group in await bus.groups():
        events += [pending.event async for pending in bus.pending(group)]
    notes: list[str] = [
        event.payload.note.sealed
        for event in events
        if isinstance(event.payload, StrategicAlert) and event.payload.note is not None
    ]
    is_old: Callable[[str], bool] = lambda note: sealer.needs_older_key(note.encode())  # noqa: E731 - one word
    return sum(map(is_old, notes))


def _refuse_environment(settings: Settings) -> None:
    if settings.sealing_key:
        raise InvalidInput(
            "the sealing keys come from DIARCHY_SEALING_KEY: put a new one first there, restart what "
            "runs, run `diarchy keys rotate --reseal-only`, and later take the old one out"
        )


def _one_at_a_time(settings: Settings) -> FileLock:
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return FileLock(settings.home / "keys.lock", timeout=30, mode=0o600)
