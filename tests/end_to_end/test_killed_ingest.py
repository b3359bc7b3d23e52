"""Killed (`kill -9`) at any moment and run again, an ingest ends with everything there once.

`make proofs` kills fifty times. A failure names the seed: it decides the files and the moment.
"""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from pathlib import Path

import pytest

from tests.end_to_end.ingesting import (
    Ingest,
    assert_all_is_there_once,
    register_keeper,
    write_company,
)

SEED = 20261122
KILLS = 50 if os.environ.get("DIARCHY_PROOFS") else 5


@pytest.fixture(scope="module")
def undisturbed_seconds(prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long an undisturbed ingest takes from the moment that its flow is called."""
    del prefect_api
    folder = tmp_path_factory.mktemp("undisturbed")
    home = folder / "home"
    expected = write_company(folder / "files", seed=SEED)
    asyncio.run(register_keeper(home))
    Ingest(home, [folder / "files"]).finish()  # the first one also starts what forks the others
    home = folder / "second"
    asyncio.run(register_keeper(home))
    ingest = Ingest(home, [folder / "files"])
    assert next(ingest.lines()) == "begin"
    began = time.monotonic()
    ingest.finish()
    seconds = time.monotonic() - began
    asyncio.run(assert_all_is_there_once(home, expected))
    return seconds


@pytest.mark.proofs
@pytest.mark.parametrize("number", range(KILLS))
def test_killed_at_a_random_moment_and_run_again_everything_is_there_once(
    number: int, undisturbed_seconds: float, tmp_path: Path
):
    seed = SEED + number
    expected = write_company(tmp_path / "files", seed=seed)
    # One moment in each stretch of the run, so that few kills reach every phase.
    share = (number + random.Random(seed).random()) / KILLS
    home, phase = _killed(tmp_path, after=undisturbed_seconds * share)
    Ingest(home, [tmp_path / "files"]).finish()
    try:
        asyncio.run(assert_all_is_there_once(home, expected))
    except AssertionError as error:
        error.add_note(f"seed {seed}, killed at {share:.0%} of the run, after {phase!r}")
        raise


@pytest.mark.proofs
@pytest.mark.parametrize("number", range(max(1, KILLS // 5)))
def test_killed_while_it_indexes_and_run_again_everything_is_there_once(
    number: int, undisturbed_seconds: float, tmp_path: Path
):
    seed = SEED + 1000 + number
    expected = write_company(tmp_path / "files", seed=seed)
    delay = random.Random(seed).random() * undisturbed_seconds / 10
    home, _ = _killed(tmp_path, after=delay, once="index")
    Ingest(home, [tmp_path / "files"]).finish()
    try:
        asyncio.run(assert_all_is_there_once(home, expected))
    except AssertionError as error:
        error.add_note(f"seed {seed}, killed {delay:.2f} s after the first level was indexed")
        raise


def _killed(folder: Path, *, after: float, once: str = "begin") -> tuple[Path, str]:
    """Return the home of an ingest that was killed, and the last line that it told.

    It is killed *after* seconds from the line *once* on; one that is done by then does not count,
    and another one is killed sooner.
    """
    for attempt in range(20):
        home = folder / f"home-{attempt}"
        asyncio.run(register_keeper(home))
        ingest = Ingest(home, [folder / "files"])
        told = [""]
        for line in ingest.lines():
            told.append(line)
            if line == once:
                break
        killer = threading.Timer(after * 0.8**attempt, ingest.kill)
        killer.start()
        told.extend(ingest.lines())
        killer.cancel()
        if ingest.was_killed:
            return home, told[-1]
    raise AssertionError("every ingest was done before it was killed")
