from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from domain.errors import InvalidRecord
from domain.records import RawRecord
from storage.source_files import csv_rows
from tests.storage.source_files.written import (
    HEADER,
    only_problem,
    only_record,
    outline,
    records_of,
    validated,
    write,
)

ROW = "{0},Title {0},Text {0},risk_management,internal\n"


def rows(*ids: str) -> str:
    return "".join(ROW.format(identifier) for identifier in ids)


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    return tmp_path / "items.csv"


def test_cells_are_texts_and_empty_ones_missing(csv_file: Path):
    write(csv_file, "knowledge_id,strategic_priority,content,tags\n007,7,,a;b\n")
    record = only_record(csv_file)
    assert record.fields == {"knowledge_id": "007", "strategic_priority": "7", "tags": "a;b"}
    assert (record.file, record.row, record.identity) == (str(csv_file), 1, str(csv_file.resolve()))


def test_quotes_commas_and_line_breaks_in_cells_are_kept(csv_file: Path):
    write(csv_file, 'knowledge_id,content\r\n1,"a ""b"",\r\nc\n\nd"\r\n2,e\r\n')
    contents = [
        record.fields["content"] for record in records_of(csv_file) if isinstance(record, RawRecord)
    ]
    assert contents == ['a "b",\r\nc\n\nd', "e"]


def test_too_few_and_too_many_fields_cost_their_row_only(csv_file: Path):
    write(csv_file, HEADER + rows("a") + "b,short\n" + rows("c") + "d,1,2,3,4,5,6\n" + rows("e"))
    assert outline(csv_file) == [(1, "a"), (2, None), (3, "c"), (4, None), (5, "e")]
    reasons = [
        problem.reason for problem in records_of(csv_file) if isinstance(problem, InvalidRecord)
    ]
    assert reasons == [
        "has 2 fields where the header names 5",
        "has 7 fields where the header names 5",
    ]


def test_a_row_cut_short_never_takes_the_default_level(csv_file: Path):
    write(csv_file, HEADER + "a,Title,Text,risk_management\n")
    batch = validated(csv_file)
    assert batch.items == []
    assert len(batch.refused) == 1


def test_stray_quotes_cost_their_row_only(csv_file: Path):
    write(csv_file, HEADER + rows("a") + 'b,"said "so" twice",x,y,z\n' + rows("c"))
    assert outline(csv_file) == [(1, "a"), (2, None), (3, "c")]


def test_a_quote_that_is_never_closed_costs_its_row_only(csv_file: Path):
    write(csv_file, HEADER + rows("a") + 'b,"open,x,y,z\n' + rows("c", "d"))
    assert outline(csv_file) == [(1, "a"), (2, None), (3, "c"), (4, "d")]
    write(csv_file, HEADER + rows("a") + 'b,"open')
    assert outline(csv_file) == [(1, "a"), (2, None)]
    write(csv_file, HEADER + 'a,"open,x,y,z\n' + 'b,"open,x,y,z\n' + rows("c"))
    assert outline(csv_file) == [(1, None), (2, None), (3, "c")]


def test_blank_rows_are_no_records_but_are_counted(csv_file: Path):
    write(csv_file, HEADER + "\n" + rows("a") + ",,,,\n\r\n" + rows("b") + "\n")
    assert outline(csv_file) == [(2, "a"), (5, "b")]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_every_line_end_works(csv_file: Path, ends: str):
    write(csv_file, (HEADER + rows("a", "b")).replace("\n", ends).rstrip(ends))
    assert outline(csv_file) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize(
    "encoded",
    [
        codecs.BOM_UTF8 + (HEADER + rows("ü")).encode(),
        (HEADER + rows("ü")).encode("utf-16"),
        codecs.BOM_UTF16_BE + (HEADER + rows("ü")).encode("utf-16-be"),
    ],
)
def test_a_byte_order_mark_is_understood(csv_file: Path, encoded: bytes):
    write(csv_file, encoded)
    assert outline(csv_file) == [(1, "ü")]


def test_bytes_that_are_not_utf8_cost_their_row_and_name_the_field(csv_file: Path):
    write(csv_file, (HEADER + rows("a", "b", "c")).encode().replace(b"Text b", b"Text \xfc"))
    assert outline(csv_file) == [(1, "a"), (2, None), (3, "c")]
    problem = records_of(csv_file)[1]
    assert isinstance(problem, InvalidRecord)
    assert problem.field == "content"
    assert "not UTF-8" in problem.reason


def test_utf16_that_breaks_off_is_told_after_the_rows_before_it(csv_file: Path):
    write(csv_file, (HEADER + rows("a", "b")).encode("utf-16")[:-1])
    assert outline(csv_file)[0] == (1, "a")
    assert isinstance(records_of(csv_file)[-1], InvalidRecord)


def test_nul_characters_are_refused_in_their_row(csv_file: Path):
    write(csv_file, HEADER + rows("a", "b").replace("Text b", "Text \0"))
    batch = validated(csv_file)
    assert [entry.row for entry in batch.items] == [1]
    assert [(problem.row, problem.field) for problem in batch.refused] == [(2, "content")]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("knowledge_id,content,colour", "colour"),
        ("knowledge_id,content,content", "content"),
        ("knowledge_id,content,", None),
        ("knowledge_id;title;content", None),
        ("k-1,We buy Acme Corp. in June,internal", None),
    ],
)
def test_columns_that_are_unknown_nameless_or_doubled_are_told_once(
    csv_file: Path, header: str, field: str | None
):
    write(csv_file, header + "\n" + "1,2,3\n" * 100)
    problem = only_problem(csv_file)
    assert (problem.row, problem.field) == (None, field)
    assert "Acme" not in str(problem)


@pytest.mark.parametrize("content", ["", "\n", '"', HEADER, HEADER + "\n,,,,\n", "\0\0\0"])
def test_a_file_without_rows_is_told(csv_file: Path, content: str):
    assert only_problem(write(csv_file, content)).row is None


def test_a_cell_of_five_megabytes_passes(csv_file: Path):
    write(csv_file, HEADER + rows("a").replace("Text a", '"' + "long text\n" * 500_000 + '"'))
    assert len(only_record(csv_file).fields["content"]) == 5_000_000


def test_a_line_beyond_the_bound_costs_its_row_only(
    csv_file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(csv_rows, "MAX_LINE_CHARACTERS", 200)
    write(csv_file, HEADER + rows("a") + "b," + "x" * 1000 + ",y,z,z\n" + rows("c"))
    assert outline(csv_file) == [(1, "a"), (2, None), (3, "c")]


def test_a_quote_left_open_does_not_take_a_whole_big_file_into_memory(
    csv_file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(csv_rows, "MAX_CONTENT_LENGTH", 1000)
    ids = [str(number) for number in range(500)]
    write(csv_file, HEADER + 'open,"\n' + rows(*ids))
    assert outline(csv_file) == [(1, None), *((int(one) + 2, one) for one in ids)]
