from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.clearance import ConfidentialityLevel
from domain.errors import InvalidRecord
from domain.knowledge import MAX_CONTENT_LENGTH, KnowledgeCategory
from domain.records import (
    DuplicateTracker,
    IngestDefaults,
    RawRecord,
    ValidatedItem,
    validate_batch,
    validate_record,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
GIVEN: dict[str, Any] = {
    "knowledge_id": "plan-1",
    "title": "Plan",
    "content": "We grow in the north.",
    "category": "strategic_planning",
    "confidentiality_level": "internal",
    "strategic_priority": 7,
    "source": "board",
    "created_at": "2026-03-01T09:00:00Z",
    "updated_at": "2026-03-02T09:00:00+02:00",
}


def record(*, row: int | None = 4, leave_out: tuple[str, ...] = (), **changes: Any) -> RawRecord:
    fields = {name: value for name, value in (GIVEN | changes).items() if name not in leave_out}
    return RawRecord(file="notes/plans.csv", row=row, fields=fields, identity="/srv/plans.csv")


def accepted(raw: RawRecord, defaults: IngestDefaults | None = None) -> ValidatedItem:
    outcome = validate_record(raw, defaults=defaults or IngestDefaults(), now=NOW)
    assert isinstance(outcome, ValidatedItem), outcome
    return outcome


def refused(raw: RawRecord, defaults: IngestDefaults | None = None) -> dict[str | None, str]:
    outcome = validate_record(raw, defaults=defaults or IngestDefaults(), now=NOW)
    assert isinstance(outcome, tuple), outcome
    assert outcome
    assert {(problem.file, problem.row) for problem in outcome} == {(raw.file, raw.row)}
    return {problem.field: problem.reason for problem in outcome}


def test_a_whole_record_becomes_the_item_that_it_describes():
    validated = accepted(record(tags=["q3", 2026], metadata={"region": "north", "n": [1, None]}))
    item = validated.item
    assert (validated.file, validated.row, validated.clock_filled) == (
        "notes/plans.csv",
        4,
        frozenset(),
    )
    assert item.category is KnowledgeCategory.STRATEGIC_PLANNING
    assert item.confidentiality_level is ConfidentialityLevel.INTERNAL
    assert item.updated_at == datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert item.tags == ("q3", "2026")
    assert item.metadata == {"region": "north", "n": [1, None]}


def test_every_problem_of_a_record_is_told_at_once_and_in_its_own_field():
    problems = refused(
        record(
            leave_out=("content",),
            category="gossip",
            confidentiality_level="hush",
            strategic_priority=11,
            created_at="2026-03-01",
            colour="red",
        )
    )
    assert set(problems) == {
        "category",
        "confidentiality_level",
        "strategic_priority",
        "created_at",
        "colour",
        "content",
    }


def test_a_reason_lists_what_is_allowed_and_never_repeats_what_was_found():
    codename = "Project Nightingale"
    unknown: dict[str, Any] = {codename: 1}
    problems = refused(
        record(
            knowledge_id=codename + "\n",
            title=codename * 100,
            category=codename,
            confidentiality_level=codename,
            strategic_priority=codename,
            created_at=codename,
            tags=[codename * 20],
            metadata=codename,
            **unknown,
        )
    )
    assert len(problems) == 9
    assert problems["category"] == f"must be one of {', '.join(KnowledgeCategory)}"
    assert problems["confidentiality_level"] == f"must be one of {', '.join(ConfidentialityLevel)}"
    assert None in problems
    assert not any("Nightingale" in f"{field}{reason}" for field, reason in problems.items())


def test_an_item_without_a_level_is_refused_and_the_option_named():
    assert (
        "--confidentiality-level"
        in refused(record(leave_out=("confidentiality_level",)))["confidentiality_level"]
    )
    assert "--category" in refused(record(leave_out=("category",)))["category"]


def test_null_counts_as_missing():
    assert "confidentiality_level" in refused(record(confidentiality_level=None))
    assert accepted(record(expires_at=None)).item.expires_at is None


def test_defaults_fill_what_is_missing_and_nothing_else():
    defaults = IngestDefaults(
        confidentiality_level=ConfidentialityLevel.RESTRICTED,
        category=KnowledgeCategory.RISK_MANAGEMENT,
        strategic_priority=9,
        source="archive",
    )
    bare = record(leave_out=("confidentiality_level", "category", "strategic_priority", "source"))
    filled = accepted(bare, defaults).item
    assert filled.confidentiality_level is ConfidentialityLevel.RESTRICTED
    assert filled.category is KnowledgeCategory.RISK_MANAGEMENT
    assert (filled.strategic_priority, filled.source) == (9, "archive")
    given = accepted(record(), defaults).item
    assert given.confidentiality_level is ConfidentialityLevel.INTERNAL
    assert (given.strategic_priority, given.source) == (7, "board")


def test_a_default_never_replaces_a_wrong_value():
    defaults = IngestDefaults(confidentiality_level=ConfidentialityLevel.PUBLIC)
    for wrong in ("hush", "", 3, True, ["public"]):
        assert set(refused(record(confidentiality_level=wrong), defaults)) == {
            "confidentiality_level"
        }


def test_without_a_default_the_priority_is_the_middle_and_the_source_the_file():
    item = accepted(record(leave_out=("strategic_priority", "source"))).item
    assert (item.strategic_priority, item.source) == (5, "plans.csv")


@pytest.mark.parametrize("spelling", ["top_secret", "Top Secret", "TOP-SECRET", "  top  secret "])
def test_case_spaces_and_hyphens_in_labels_do_not_matter(spelling: str):
    item = accepted(record(confidentiality_level=spelling)).item
    assert item.confidentiality_level is ConfidentialityLevel.TOP_SECRET


@pytest.mark.parametrize("value", [7, "7", " 7 ", "07"])
def test_a_priority_may_be_written_as_text(value: Any):
    assert accepted(record(strategic_priority=value)).item.strategic_priority == 7


@pytest.mark.parametrize(
    "value", [0, 11, -1, 7.5, 7.0, True, "high", "7.5", "11", "0", "٧", "1e1", "", [7], {}, 10**400]
)
def test_any_other_priority_is_refused(value: Any):
    assert refused(record(strategic_priority=value)) == {
        "strategic_priority": "must be a whole number from 1 to 10"
    }


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T09:00:00Z",
        "2026-03-01t09:00:00z",
        "2026-03-01 09:00Z",
        "2026-03-01 09:00:00 Z",
        "2026-03-01T11:00:00.000+02:00",
        "2026-03-01T11:00:00+0200",
        datetime(2026, 3, 1, 9, tzinfo=UTC),
    ],
)
def test_times_with_a_zone_are_read(value: Any):
    assert accepted(record(created_at=value)).item.created_at == datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2026-03-01T09:00:00", "needs a time zone"),
        (datetime(2026, 3, 1, 9), "needs a time zone"),  # noqa: DTZ001 a naive one on purpose
        ("2026-03-01", "needs a time of day and a time zone"),
        (date(2026, 3, 1), "needs a time of day and a time zone"),
        ("2026-02-30T09:00:00Z", "not a possible date"),
        ("2026-13-01T09:00:00Z", "not a possible date"),
        ("2026-03-01T25:00:00Z", "not a possible date"),
        ("0001-01-01T00:00:00+14:00", "not a possible date"),
        ("9999-12-31T23:59:59-14:00", "not a possible date"),
        ("1 March 2026", "ISO 8601"),
        ("1767225600", "ISO 8601"),
        (1767225600, "ISO 8601"),
        (True, "ISO 8601"),
        ("", "ISO 8601"),
        ("2026-W10-1T09:00:00Z", "ISO 8601"),
    ],
)
@pytest.mark.parametrize("field", ["created_at", "updated_at", "expires_at"])
def test_naive_impossible_and_vague_times_are_refused(field: str, value: Any, reason: str):
    problems = refused(record(**{field: value}))
    assert set(problems) == {field}
    assert reason in problems[field]


def test_times_out_of_order_are_refused_together_with_everything_else():
    problems = refused(
        record(
            created_at="2026-03-05T00:00:00Z",
            updated_at="2026-03-04T00:00:00Z",
            expires_at="2026-03-05T00:00:00Z",
            category="gossip",
        )
    )
    assert set(problems) == {"updated_at", "expires_at", "category"}
    assert set(refused(record(updated_at="2026-02-04T00:00:00Z"))) == {"updated_at"}


def test_times_that_nobody_gave_come_from_the_clock_and_say_so():
    validated = accepted(record(leave_out=("created_at", "updated_at")))
    assert validated.clock_filled == {"created_at", "updated_at"}
    assert validated.item.created_at == validated.item.updated_at == NOW


def test_a_missing_time_is_filled_in_order_with_the_given_one():
    only_created = accepted(record(leave_out=("updated_at",), created_at="2030-01-01T00:00:00Z"))
    assert only_created.clock_filled == {"updated_at"}
    assert only_created.item.updated_at == datetime(2030, 1, 1, tzinfo=UTC)
    only_updated = accepted(record(leave_out=("created_at",)))
    assert only_updated.clock_filled == frozenset()
    assert only_updated.item.created_at == only_updated.item.updated_at


def test_an_item_without_times_stays_valid_after_it_has_expired():
    expired = NOW - timedelta(days=3)
    validated = accepted(
        record(leave_out=("created_at", "updated_at"), expires_at=expired.isoformat())
    )
    assert validated.item.created_at < expired == validated.item.expires_at
    assert validated.clock_filled == {"created_at", "updated_at"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content", "before\x00after"),
        ("content", "half \ud83d"),
        ("content", " \n\t "),
        ("content", ""),
        ("content", 12),
        ("content", ["a"]),
        ("title", "two\nlines"),
        ("title", "NUL\x00"),
        ("title", "half \ud83d"),
        ("title", "   "),
        ("title", "x" * 501),
        ("title", 2026),
        ("knowledge_id", "a\x00b"),
        ("knowledge_id", " padded"),
        ("knowledge_id", ""),
        ("knowledge_id", "x" * 201),
        ("knowledge_id", True),
        ("knowledge_id", 1.5),
        ("knowledge_id", 10**5000),
        ("source", "a\x00b"),
        ("source", "x" * 1001),
        ("source", {"name": "crm"}),
        ("tags", "[1, 2"),
        ("tags", {"a": 1}),
        ("tags", 7),
        ("tags", [None]),
        ("tags", [["nested"]]),
        ("tags", ["x" * 101]),
        ("tags", [f"tag {number}" for number in range(65)]),
        ("tags", ["a\x00b"]),
        ("metadata", "not json"),
        ("metadata", "[1]"),
        ("metadata", [1]),
        ("metadata", {1: "a"}),
        ("metadata", {"a": float("nan")}),
        ("metadata", {"a": float("inf")}),
        ("metadata", '{"a": NaN}'),
        ("metadata", '{"a": 1e999}'),
        ("metadata", {"a": {"b": "\x00"}}),
        ("metadata", {"\ud83d": 1}),
        ("metadata", {"a": datetime(2026, 1, 1, tzinfo=UTC)}),
        ("metadata", {"a": b"bytes"}),
        ("metadata", {"a": "x" * 1_000_001}),
        ("metadata", "[" * 100_000),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else type(value).__name__,
)
def test_what_a_field_cannot_hold_is_refused_in_that_field(field: str, value: Any):
    assert set(refused(record(**{field: value}))) == {field}


def test_metadata_nested_without_end_is_refused():
    nested: dict[str, Any] = {}
    for _ in range(10_000):
        nested = {"deeper": nested}
    assert "nested deeper" in refused(record(metadata=nested))["metadata"]


def test_emoji_quotes_and_sql_pass_untouched():
    text = '👩🏽‍🚀 \'; DROP TABLE knowledge_items; -- "quoted" \\ %s {} \u202e'
    item = accepted(record(content=text, title=text, metadata={"note": text})).item
    assert (item.content, item.title, item.metadata["note"]) == (text, text, text)


def test_an_item_of_five_megabytes_passes_and_one_beyond_the_bound_does_not():
    assert len(accepted(record(content="é" * 5_000_000)).item.content) == 5_000_000
    problems = refused(record(content="x" * (MAX_CONTENT_LENGTH + 1)))
    assert problems == {"content": f"must be at most {MAX_CONTENT_LENGTH} characters long"}


def test_tags_and_metadata_may_be_written_as_text():
    item = accepted(record(tags=" north; q3 ;;north", metadata='{"n": 1}')).item
    assert item.tags == ("north", "q3")
    assert item.metadata == {"n": 1}
    assert accepted(record(tags='["a;b", "c"]')).item.tags == ("a;b", "c")


def test_a_number_serves_as_an_id():
    assert accepted(record(knowledge_id=4711)).item.knowledge_id == "4711"


def test_a_thousand_unknown_fields_do_not_make_a_thousand_reports():
    extra: dict[str, Any] = {f"extra_{number}": 1 for number in range(1000)}
    problems = refused(record(**extra))
    assert len(problems) == 10


def test_an_id_that_nobody_gave_is_the_same_every_time_and_differs_between_files():
    document = record(row=None, leave_out=("knowledge_id",))
    first = accepted(document).item.knowledge_id
    assert first == accepted(document).item.knowledge_id
    assert first.startswith("plans-")
    elsewhere = document.model_copy(update={"identity": "/elsewhere/plans.csv"})
    assert accepted(elsewhere).item.knowledge_id != first


def test_the_id_of_a_row_follows_its_title_and_not_its_place():
    first = accepted(record(row=1, leave_out=("knowledge_id",), title="Ergebnis für Köln"))
    moved = accepted(record(row=9, leave_out=("knowledge_id",), title="Ergebnis für Köln"))
    other = accepted(record(row=1, leave_out=("knowledge_id",), title="計画"))
    assert first.item.knowledge_id == moved.item.knowledge_id
    assert first.item.knowledge_id.startswith("ergebnis-fur-koln-")
    assert other.item.knowledge_id.startswith("item-")


def test_the_second_record_with_an_id_is_refused_with_the_place_of_the_first():
    duplicates = DuplicateTracker()
    earlier = validate_batch(
        [record(row=1), record(row=2, knowledge_id="plan-2")],
        defaults=IngestDefaults(),
        now=NOW,
        duplicates=duplicates,
    )
    assert [validated.row for validated in earlier.items] == [1, 2]
    later = validate_batch(
        [record(row=3), record(row=4, knowledge_id="plan-2", confidentiality_level="public")],
        defaults=IngestDefaults(),
        now=NOW,
        duplicates=duplicates,
    )
    assert later.items == []
    assert [(problem.row, problem.field, problem.reason) for problem in later.refused] == [
        (3, "knowledge_id", "is already that of notes/plans.csv, row 1"),
        (4, "knowledge_id", "is already that of notes/plans.csv, row 2"),
    ]


def test_a_document_listed_twice_is_a_duplicate_too():
    batch = validate_batch(
        [record(row=None), record(row=None)],
        defaults=IngestDefaults(),
        now=NOW,
        duplicates=DuplicateTracker(),
    )
    assert len(batch.items) == len(batch.refused) == 1


def test_a_refused_record_does_not_take_its_id():
    batch = validate_batch(
        [record(row=1, category="gossip"), record(row=2)],
        defaults=IngestDefaults(),
        now=NOW,
        duplicates=DuplicateTracker(),
    )
    assert [validated.row for validated in batch.items] == [2]


def test_what_a_reader_refused_is_passed_on_in_order():
    unreadable = InvalidRecord(file="notes/plans.csv", row=2, field=None, reason="is broken")
    batch = validate_batch(
        [record(row=1, category="gossip"), unreadable, record(row=3)],
        defaults=IngestDefaults(),
        now=NOW,
        duplicates=DuplicateTracker(),
    )
    assert [problem.row for problem in batch.refused] == [1, 2]
    assert [validated.row for validated in batch.items] == [3]


def test_neither_content_nor_the_place_on_disk_shows_in_a_records_representation():
    raw = record(content="Project Nightingale")
    assert "Nightingale" not in repr(raw)
    assert "/srv/" not in repr(raw)
