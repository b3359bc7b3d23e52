"""A bulk ingest over two processes, one of which is killed, makes what one process makes."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster
from distributed.deploy.spec import SpecCluster

from domain.clearance import ConfidentialityLevel
from domain.ingest import IngestReport
from flows import bulk_ingest, ingest_knowledge
from gateway.waiting import wait_until
from storage import indexing
from storage.level_table import ITEMS, WINDOWS
from storage.settings import Settings
from tests.end_to_end.ingesting import assert_all_is_there_once, register_keeper, write_company
from tests.storage.contents import rows_in_index

OF_EVERY_INGEST_ANEW = ("item_key", "updated_at")


def test_spread_over_processes_one_of_which_is_killed_the_index_is_the_same_byte_for_byte(
    prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    del prefect_api
    # Several batches a level, so that both processes have work.
    monkeypatch.setattr(indexing, "_ENTRIES_AT_ONCE", 8)
    expected = write_company(tmp_path / "files", seed=11)
    by_one, by_many = tmp_path / "one", tmp_path / "many"

    def ingest(home: Path, flow: Callable[..., Any]) -> IngestReport:
        asyncio.run(register_keeper(home))
        monkeypatch.setenv("DIARCHY_HOME", str(home))
        return asyncio.run(flow([str(tmp_path / "files")], "keeper"))

    first = ingest(by_one, ingest_knowledge)
    killed: list[int] = []
    killer = threading.Thread(target=_kill_one_that_works, args=(killed,))
    killer.start()
    report = ingest(by_many, bulk_ingest)
    killer.join()
    assert killed
    assert report == first
    assert report.added == len(expected)
    asyncio.run(assert_all_is_there_once(by_many, expected))
    for level in ConfidentialityLevel:
        for table in (WINDOWS, ITEMS):
            assert _rows(by_many, level, table) == _rows(by_one, level, table)


def _kill_one_that_works(killed: list[int]) -> None:
    """`kill -9` the first process of the cluster that has a task."""

    def working() -> bool:
        for cluster in list(SpecCluster._instances):
            if isinstance(cluster, LocalCluster) and cluster.scheduler is not None:
                for address, state in list(cluster.scheduler.workers.items()):
                    pids = [
                        one.pid for one in cluster.workers.values() if one.worker_address == address
                    ]
                    if state.processing and pids:
                        os.kill(pids[0], signal.SIGKILL)
                        killed.extend(pids)
                        return True
        return False

    wait_until(working, "a process of the cluster has a task", within=timedelta(seconds=180))


def _rows(home: Path, level: ConfidentialityLevel, table: str) -> list[list[str]]:
    rows = asyncio.run(rows_in_index(Settings(home=home), level, table))
    # A number's text is exact: no other number has it.
    return sorted(
        [str(value) for name, value in sorted(row.items()) if name not in OF_EVERY_INGEST_ANEW]
        for row in rows
    )
