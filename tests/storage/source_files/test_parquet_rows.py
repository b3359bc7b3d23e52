from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from domain.errors import InvalidRecord
from storage.source_files import parquet_rows
from tests.storage.source_files.written import (
    items_of,
    only_problem,
    outline,
    records_of,
    validated,
    write,
)


@pytest.fixture
def parquet_file(tmp_path: Path) -> Path:
    return tmp_path / "items.parquet"


def table(size: int = 1, **columns: Any) -> pl.DataFrame:
    texts = {
        "knowledge_id": [f"k-{number}" for number in range(size)],
        "title": ["Title"] * size,
        "content": ["Text"] * size,
    }
    return pl.DataFrame(texts | {name: [value] * size for name, value in columns.items()})


def test_typed_columns_are_taken_as_they_are(parquet_file: Path):
    moment = datetime(2026, 3, 1, 9, tzinfo=UTC)
    table(
        strategic_priority=3,
        tags=["a", "b"],
        metadata={"region": "north", "n": 2},
        created_at=moment,
        expires_at=None,
    ).write_parquet(parquet_file)
    (item,) = items_of(parquet_file)
    assert (item.strategic_priority, item.tags, item.created_at, item.expires_at) == (
        3,
        ("a", "b"),
        moment,
        None,
    )
    assert item.metadata == {"region": "north", "n": 2}


def test_texts_are_read_as_in_other_files(parquet_file: Path):
    table(
        strategic_priority="3",
        tags="a;b",
        metadata='{"n": 2}',
        created_at="2026-03-01T09:00:00Z",
        confidentiality_level="Top Secret",
    ).write_parquet(parquet_file)
    (item,) = items_of(parquet_file)
    assert (item.strategic_priority, item.tags, item.metadata) == (3, ("a", "b"), {"n": 2})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("created_at", datetime(2026, 3, 1)),  # noqa: DTZ001 a naive one on purpose
        ("expires_at", date(2026, 3, 1)),
        ("strategic_priority", 7.5),
        ("strategic_priority", True),
        ("confidentiality_level", 2),
        ("source", b"bytes"),
        ("metadata", {"when": date(2026, 3, 1)}),
    ],
)
def test_columns_of_the_wrong_type_are_refused_in_their_field(
    parquet_file: Path, field: str, value: Any
):
    table(**{field: value}).write_parquet(parquet_file)
    assert [(problem.row, problem.field) for problem in validated(parquet_file).refused] == [
        (1, field)
    ]


def test_rows_are_numbered_through_all_slices(parquet_file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parquet_rows, "FIRST_SLICE_ROWS", 7)
    monkeypatch.setattr(parquet_rows, "MAX_SLICE_ROWS", 11)
    table(100).write_parquet(parquet_file, row_group_size=13)
    assert outline(parquet_file) == [(number + 1, f"k-{number}") for number in range(100)]


def test_a_file_that_was_cut_off_is_told(parquet_file: Path):
    table(1000).write_parquet(parquet_file)
    whole = parquet_file.read_bytes()
    for length in (0, 3, 4, 8, len(whole) // 2, len(whole) - 1):
        write(parquet_file, whole[:length])
        assert only_problem(parquet_file).row is None


def test_damage_inside_is_told_and_raises_nothing(parquet_file: Path):
    table(5000).write_parquet(parquet_file, row_group_size=1000)
    damaged = bytearray(parquet_file.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 400] = b"\xff" * 400
    write(parquet_file, bytes(damaged))
    last = records_of(parquet_file)[-1]
    assert isinstance(last, InvalidRecord)


def test_text_that_calls_itself_parquet_is_told(parquet_file: Path):
    assert "Parquet" in only_problem(write(parquet_file, "a,b\n1,2\n")).reason
    assert "Parquet" in only_problem(write(parquet_file, b"PAR1" + b"\0" * 100 + b"PAR1")).reason


def test_unknown_columns_and_no_rows_are_told_once(parquet_file: Path):
    table(50, colour="red").write_parquet(parquet_file)
    assert only_problem(parquet_file).field == "colour"
    table(0).write_parquet(parquet_file)
    assert only_problem(parquet_file).reason == "holds no rows"


def test_a_name_is_never_a_pattern_and_a_folder_never_a_column(tmp_path: Path):
    path = tmp_path / "title=elsewhere" / "item[1]*.parquet"
    path.parent.mkdir()
    table().write_parquet(path)
    assert [item.title for item in items_of(path)] == ["Title"]
