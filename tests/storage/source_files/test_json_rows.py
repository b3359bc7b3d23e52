from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.errors import InvalidRecord
from storage.source_files import json_rows
from tests.storage.source_files.written import (
    items_of,
    only_problem,
    only_record,
    outline,
    records_of,
    validated,
    write,
)

GOOD = '{"knowledge_id": "%s"}\n'


@pytest.fixture
def json_file(tmp_path: Path) -> Path:
    return tmp_path / "items.jsonl"


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ('{"knowledge_id": "x"', None, "not valid JSON at character"),
        ('{"knowledge_id": "x"} {}', None, "not valid JSON at character"),
        ('["knowledge_id"]', None, "must be a JSON object"),
        ("42", None, "must be a JSON object"),
        ("null", None, "must be a JSON object"),
        ('{"metadata": {"n": NaN}}', None, "NaN or Infinity"),
        ('{"metadata": {"n": -Infinity}}', None, "NaN or Infinity"),
        ('{"title": "a", "title": "b"}', "title", "is there twice"),
        ('{"metadata": {"n": 1, "n": 2}}', "n", "is there twice"),
        ('{"metadata": {"Acme Corp.": 1, "Acme Corp.": 2}}', None, "is there twice"),
        ('{"metadata": ' + "[" * 100_000 + "}", None, "nested too deep"),
        ('{"metadata": ' + "9" * 5_000 + "}", None, "too long a number"),
    ],
    ids=lambda value: None if value is None else value[:30],
)
def test_a_broken_line_costs_its_row_only(
    json_file: Path, line: str, field: str | None, reason: str
):
    write(json_file, GOOD % "a" + line + "\n" + GOOD % "c")
    assert outline(json_file) == [(1, "a"), (2, None), (3, "c")]
    problem = records_of(json_file)[1]
    assert isinstance(problem, InvalidRecord)
    assert problem.field == field
    assert reason in problem.reason
    assert "Acme" not in str(problem)


def test_blank_lines_are_no_records_but_are_counted(json_file: Path):
    write(json_file, "\n" + GOOD % "a" + "  \r\n\n" + (GOOD % "b").rstrip())
    assert outline(json_file) == [(2, "a"), (5, "b")]


def test_bytes_that_are_not_utf8_cost_their_row_only(json_file: Path):
    write(json_file, GOOD.encode() % b"a" + GOOD.encode() % b"\xff\xfe" + GOOD.encode() % b"c")
    assert outline(json_file) == [(1, "a"), (2, None), (3, "c")]


def test_utf16_with_its_mark_and_windows_line_ends_are_read(json_file: Path):
    write(json_file, (GOOD % "ä" + GOOD % "b").replace("\n", "\r\n").encode("utf-16"))
    assert outline(json_file) == [(1, "ä"), (2, "b")]


def test_unicode_line_separators_do_not_end_a_row(json_file: Path):
    write(json_file, '{"knowledge_id": "a", "content": "one\u2028two\u0085three"}\n')
    assert only_record(json_file).fields["content"] == "one\u2028two\u0085three"


def test_halves_of_surrogate_pairs_and_nul_escapes_are_refused_in_their_field(json_file: Path):
    row = '{"title": "t", "content": "%s"}\n'
    write(json_file, row % r"\ud83d" + row % r"\u0000" + row % r"\ud83d\ude80")
    batch = validated(json_file)
    assert [entry.item.content for entry in batch.items] == ["🚀"]
    assert [(problem.row, problem.field) for problem in batch.refused] == [
        (1, "content"),
        (2, "content"),
    ]


def test_rows_of_retrieval_collections_are_understood(json_file: Path):
    write(json_file, '{"_id": 31, "title": "T", "text": "Some text."}\n')
    (item,) = items_of(json_file)
    assert (item.knowledge_id, item.content) == ("31", "Some text.")


@pytest.mark.parametrize(
    "line",
    [
        '{"_id": "1", "title": "T", "content": "x"}',
        '{"text": "x", "title": "T"}',
        '{"_id": "1", "text": "x", "title": "T", "knowledge_id": "2"}',
        '{"_id": "1", "text": "x", "title": "T", "content": "y"}',
        '{"_id": "1", "text": "x", "title": "T", "url": "y"}',
    ],
)
def test_names_that_are_not_a_whole_alias_are_unknown_fields(json_file: Path, line: str):
    batch = validated(write(json_file, line))
    assert batch.items == []
    assert any("not a field" in problem.reason for problem in batch.refused)


def test_nested_metadata_stays_as_it_was_written(json_file: Path):
    first, second = {"a": {"b": [1, 2.5, None, "x"]}}, {"a": "text", "c": {}}
    rows = [
        {"title": f"t{number}", "content": "x", "metadata": metadata}
        for number, metadata in enumerate((first, second))
    ]
    write(json_file, "\n".join(json.dumps(row) for row in rows))
    assert [item.metadata for item in items_of(json_file)] == [first, second]


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_a_file_without_rows_is_told(json_file: Path, content: str):
    assert only_problem(write(json_file, content)).reason == "holds no rows"


def test_a_row_of_five_megabytes_passes_and_one_beyond_the_bound_costs_its_row_only(
    json_file: Path, monkeypatch: pytest.MonkeyPatch
):
    write(json_file, json.dumps({"title": "t", "content": "x" * 5_000_000}))
    assert len(items_of(json_file)[0].content) == 5_000_000
    monkeypatch.setattr(json_rows, "MAX_LINE_CHARACTERS", 100)
    write(json_file, GOOD % "a" + GOOD % ("x" * 1000) + GOOD % "c")
    assert outline(json_file) == [(1, "a"), (2, None), (3, "c")]
