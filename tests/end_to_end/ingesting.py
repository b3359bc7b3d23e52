"""An ingest in a process of its own, which a test may kill, and what its end state must be."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from domain.ingest import IngestReport
from flows.ingest_knowledge import ingest_knowledge
from gateway.prefect_server import point_process_at
from storage.settings import Settings
from storage.stores import Stores, open_stores
from tasks.progress import report_progress_to
from tests.storage.contents import assert_index_is_right, stored_rows
from tests.stores import TOP_SECRET

LEVELS = ("public", "internal", "confidential", "restricted", "top_secret")
CATEGORIES = ("risk_management", "financial_analysis", "technology_roadmap", "human_resources")
SUBJECTS = ("The plant in Brno", "Our cold store", "The tracking platform", "A customer", "It")
DEEDS = ("ships pumps", "lacks welders", "closes in May", "asks for a lower price", "was late")


class Expected(NamedTuple):
    """What the truth must hold of an item: its level and its whole content."""

    level: str
    content: str


def write_company(folder: Path, *, seed: int, items: int = 64) -> dict[str, Expected]:
    """Write files of every size and kind under *folder*; return what must be stored, by id."""
    folder.mkdir(parents=True)
    chosen = random.Random(seed)
    rows = [_row(chosen, number) for number in range(items)]
    pl.DataFrame(rows[:30]).write_csv(folder / "a_first.csv")
    pl.DataFrame(rows[30:50]).write_ndjson(folder / "b_second.jsonl")
    for row in rows[50:]:
        content = row.pop("content")
        front = "\n".join(f"{name}: {value}" for name, value in row.items())
        (folder / f"{row['knowledge_id']}.md").write_text(f"---\n{front}\n---\n{content}\n")
        row["content"] = content
    return {
        row["knowledge_id"]: Expected(row["confidentiality_level"], row["content"]) for row in rows
    }


def _row(chosen: random.Random, number: int) -> dict[str, Any]:
    sentences = chosen.choice([1, 3, 10, 40])
    content = " ".join(
        f"{chosen.choice(SUBJECTS)} {chosen.choice(DEEDS)} in week {chosen.randint(1, 52)}."
        for _ in range(sentences)
    )
    return {
        "knowledge_id": f"note-{number:03}",
        "title": f"Note {number}",
        "content": content,
        "category": chosen.choice(CATEGORIES),
        "confidentiality_level": chosen.choice(LEVELS),
        "strategic_priority": chosen.randint(1, 10),
    }


async def register_keeper(home: Path) -> None:
    async with open_stores(Settings(home=home)) as stores:
        await stores.principals.add("keeper", TOP_SECRET)


class Ingest:
    """`ingest_knowledge` of *paths* in a process of its own; `kill` is `kill -9`."""

    def __init__(self, home: Path, paths: Sequence[Path]) -> None:
        self._told, telling = PROCESSES.Pipe(duplex=False)
        environment = {**os.environ, "DIARCHY_HOME": str(home)}
        self._process = PROCESSES.Process(
            target=_ingest, args=(environment, [str(path) for path in paths], telling)
        )
        self._process.start()
        telling.close()
        self.kill = self._process.kill

    @property
    def was_killed(self) -> bool:
        """Whether it ended by `kill`."""
        return self._process.exitcode == -signal.SIGKILL

    def lines(self) -> Iterator[str]:
        """Yield what the ingest tells of its steps, until it ends or is killed."""
        while True:
            try:
                yield self._told.recv()
            except (EOFError, ConnectionResetError):
                self._process.join()
                return

    def finish(self) -> IngestReport:
        """Wait until the ingest is done; return its report."""
        last = [*self.lines()][-1]
        assert self._process.exitcode == 0, last
        return IngestReport.model_validate_json(last)


# A server that has imported what takes seconds forks each ingest: a process of its own all the same.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["flows.ingest_knowledge", "sentence_transformers"])


def _ingest(environment: dict[str, str], paths: list[str], told: Connection) -> None:
    os.environ.update(environment)
    point_process_at({})

    async def ingest() -> IngestReport:
        told.send("begin")
        with report_progress_to(lambda activity, _done, _total: told.send(activity)):
            return await ingest_knowledge(paths, "keeper")

    told.send(asyncio.run(ingest()).model_dump_json())


async def assert_all_is_there_once(home: Path, expected: dict[str, Expected]) -> None:
    """Fail unless SQL and LanceDB hold exactly *expected*, each once, and nothing is owed."""
    async with open_stores(Settings(home=home)) as stores:
        await _assert_truth(stores, expected)
        await assert_index_is_right(stores)
        await stores.audit.verify()


async def _assert_truth(stores: Stores, expected: dict[str, Expected]) -> None:
    rows = await stored_rows(stores)
    assert len(rows) == len(expected)
    assert {
        row.knowledge_id: Expected(LEVELS[row.level_rank], row.content) for row in rows
    } == expected
    assert {row.version for row in rows} == {1}
