from __future__ import annotations

import csv
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.clearance import ConfidentialityLevel
from domain.errors import InvalidRecord
from domain.knowledge import KnowledgeCategory, KnowledgeItem
from storage.source_files import read_files, read_records
from tests.storage.source_files.written import items_of, only_problem, records_of, validated, write

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60)
LABEL = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=30)
NAME = LABEL.map(str.strip).filter(bool)
JSON_VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
MOMENT = st.datetimes(
    min_value=datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None),
    max_value=datetime(2100, 1, 1, tzinfo=UTC).replace(tzinfo=None),
    timezones=st.just(UTC),
)


@st.composite
def items(draw: st.DrawFn) -> list[KnowledgeItem]:
    names = draw(st.lists(NAME, min_size=1, max_size=6, unique=True))
    return [draw(item(name)) for name in names]


@st.composite
def item(draw: st.DrawFn, name: str) -> KnowledgeItem:
    created, updated = sorted((draw(MOMENT), draw(MOMENT)))
    expires = draw(st.none() | MOMENT.filter(lambda moment: moment > created))
    return KnowledgeItem(
        knowledge_id=name,
        title=draw(NAME),
        content=draw(TEXT.filter(lambda text: bool(text.strip()))),
        category=draw(st.sampled_from(KnowledgeCategory)),
        confidentiality_level=draw(st.sampled_from(ConfidentialityLevel)),
        strategic_priority=draw(st.integers(1, 10)),
        source=draw(NAME),
        tags=tuple(draw(st.lists(NAME, max_size=4, unique=True))),
        created_at=created,
        updated_at=updated,
        expires_at=expires,
        metadata=draw(st.dictionaries(TEXT, JSON_VALUE, max_size=3)),
    )


def flat(one: KnowledgeItem) -> dict[str, Any]:
    """Return the item as texts and numbers, as a table holds it."""
    plain = one.model_dump(mode="json")
    return plain | {"tags": json.dumps(plain["tags"]), "metadata": json.dumps(plain["metadata"])}


ROUND_TRIP = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@ROUND_TRIP
@given(items())
def test_items_written_as_json_lines_are_read_back_the_same(
    tmp_path: Path, written: list[KnowledgeItem]
):
    lines = "\n".join(
        json.dumps(one.model_dump(mode="json"), ensure_ascii=False) for one in written
    )
    assert items_of(write(tmp_path / "items.jsonl", lines)) == written


@ROUND_TRIP
@given(items())
def test_items_written_as_csv_are_read_back_the_same(tmp_path: Path, written: list[KnowledgeItem]):
    path = tmp_path / "items.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(KnowledgeItem.model_fields))
        writer.writeheader()
        writer.writerows(flat(one) for one in written)
    assert items_of(path) == written


@ROUND_TRIP
@given(items())
def test_items_written_as_parquet_are_read_back_the_same(
    tmp_path: Path, written: list[KnowledgeItem]
):
    path = tmp_path / "items.parquet"
    rows = [flat(one) for one in written]
    times = {
        name: [getattr(one, name) for one in written]
        for name in ("created_at", "updated_at", "expires_at")
    }
    moments = [
        pl.Series(name, values, dtype=pl.Datetime("us", "UTC")) for name, values in times.items()
    ]
    tags = pl.Series("tags", [list(one.tags) for one in written], dtype=pl.List(pl.String))
    pl.DataFrame(rows).with_columns(*moments, tags).write_parquet(path)
    assert items_of(path) == written


@ROUND_TRIP
@given(
    st.binary(max_size=300),
    st.sampled_from(["md", "txt", "html", "csv", "jsonl", "parquet", "pdf", "docx"]),
)
def test_no_bytes_whatever_make_a_reader_raise(tmp_path: Path, data: bytes, kind: str):
    validated(write(tmp_path / f"noise.{kind}", data))


def test_batches_hold_so_many_records_and_no_more(tmp_path: Path):
    path = write(tmp_path / "items.jsonl", '{"title": "t"}\n' * 25)
    assert [len(batch) for batch in read_records(path, batch_size=10)] == [10, 10, 5]


def test_batches_of_very_long_records_are_shorter(tmp_path: Path):
    path = write(tmp_path / "items.jsonl", json.dumps({"content": "x" * 3_000_000}) + "\n")
    path.write_bytes(path.read_bytes() * 7)
    assert [len(batch) for batch in read_records(path)] == [3, 3, 1]


def test_small_files_share_a_batch_in_their_order(tmp_path: Path):
    paths = [write(tmp_path / f"{name}.txt", f"Note {name}") for name in "abc"]
    paths.insert(1, tmp_path / "gone.txt")
    (batch,) = read_files(paths)
    assert [Path(record.file).name for record in batch] == ["a.txt", "gone.txt", "b.txt", "c.txt"]
    assert [isinstance(record, InvalidRecord) for record in batch] == [False, True, False, False]


def test_rows_are_read_as_they_are_asked_for(tmp_path: Path):
    path = tmp_path / "items.jsonl"
    with path.open("w") as file:
        file.write('{"title": "t"}\n' * 5)
        file.flush()
        batches = read_records(path, batch_size=5)
        assert len(next(batches)) == 5
        file.write("broken\n")
    (record,) = next(batches)
    assert isinstance(record, InvalidRecord)
    assert record.row == 6


def test_what_cannot_be_opened_is_told_and_not_raised(tmp_path: Path):
    for kind in ("md", "html", "pdf", "docx", "csv", "jsonl", "parquet"):
        assert "No such file" in only_problem(tmp_path / f"missing.{kind}").reason
        folder = tmp_path / f"folder.{kind}"
        folder.mkdir()
        assert "cannot be read" in only_problem(folder).reason
        assert "cannot be read" in only_problem(tmp_path / f"{'x' * 300}.{kind}").reason
        assert "cannot be read" in only_problem(tmp_path / f"nul\0.{kind}").reason
    assert "no kind that is read" in only_problem(write(tmp_path / "a.png", "x")).reason


def test_a_name_that_is_not_utf8_does_not_stop_its_file(tmp_path: Path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md"))
    (found,) = items_of(write(path, "Text"))
    assert found.source == "caf\ufffd.md"


def test_a_table_with_a_sidecar_is_refused_instead_of_read_without_its_labels(tmp_path: Path):
    path = write(tmp_path / "a.jsonl", '{"title": "t", "content": "x"}\n')
    write(tmp_path / "a.jsonl.yaml", "confidentiality_level: top_secret")
    assert "only a document" in only_problem(path).reason


def test_refusals_hold_on_to_no_text_of_their_file(tmp_path: Path):
    problem = only_problem(write(tmp_path / "a.md", "---\ntitle: [Nightingale\n---\nNightingale"))
    assert problem.__traceback__ is problem.__context__ is problem.__cause__ is None
    assert "Nightingale" not in str(problem)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_row_numbers_stay_right_after_many_kinds_of_bad_rows(tmp_path: Path, kind: str):
    good = {"csv": "k%d,Title,Text\n", "jsonl": '{"knowledge_id": "k%d"}\n'}[kind]
    bad = {
        "csv": ["\n", 'x,"a"b,c\n', "x,y\n", "a,b,c,d\n", "x,\udcff,y\n", ",,\n", 'x,"open,y\n'],
        "jsonl": ["\n", "{\n", "[]\n", '{"a": 1, "a": 2}\n', '"\udcff"\n', "NaN\n", "1 2\n"],
    }[kind]
    lines = [bad[row % len(bad)] if row % 3 else good % row for row in range(1, 300)]
    text = "".join(lines) if kind == "jsonl" else "knowledge_id,title,content\n" + "".join(lines)
    path = write(tmp_path / f"rows.{kind}", text.encode("utf-8", "surrogateescape"))
    read = [record for record in records_of(path) if not isinstance(record, InvalidRecord)]
    assert len(read) == 99
    assert all(record.fields["knowledge_id"] == f"k{record.row}" for record in read)
