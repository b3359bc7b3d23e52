from __future__ import annotations

import asyncio
from pathlib import Path

from tests.end_to_end.ingesting import (
    Ingest,
    assert_all_is_there_once,
    register_keeper,
    write_company,
)


def test_two_ingests_of_overlapping_files_end_as_one_would_have(prefect_api: str, tmp_path: Path):
    del prefect_api
    home, files = tmp_path / "home", tmp_path / "files"
    expected = write_company(files, seed=7)
    asyncio.run(register_keeper(home))
    documents = sorted(files.iterdir())
    both = [Ingest(home, documents[:10]), Ingest(home, documents[1:])]
    reports = [ingest.finish() for ingest in both]
    assert sum(report.added for report in reports) == len(expected)
    assert [report.refused for report in reports] == [0, 0]
    asyncio.run(assert_all_is_there_once(home, expected))
