"""Files as the tests write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from domain.clearance import ConfidentialityLevel
from domain.errors import InvalidRecord
from domain.knowledge import KnowledgeCategory, KnowledgeItem
from domain.records import (
    DuplicateTracker,
    IngestDefaults,
    RawRecord,
    ValidatedBatch,
    validate_batch,
)
from storage.source_files import read_records

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HEADER = "knowledge_id,title,content,category,confidentiality_level\n"
DEFAULTS = IngestDefaults(
    confidentiality_level=ConfidentialityLevel.INTERNAL,
    category=KnowledgeCategory.RISK_MANAGEMENT,
)


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def records_of(path: Path, *, batch_size: int = 1000) -> list[RawRecord | InvalidRecord]:
    return [record for batch in read_records(path, batch_size=batch_size) for record in batch]


def only_record(path: Path) -> RawRecord:
    (record,) = records_of(path)
    assert isinstance(record, RawRecord), record
    return record


def only_problem(path: Path) -> InvalidRecord:
    (problem,) = records_of(path)
    assert isinstance(problem, InvalidRecord), problem
    return problem


def outline(path: Path) -> list[tuple[int | None, str | None]]:
    """Return (row, id) of each record, (row, None) where it is refused."""
    return [
        (record.row, None if isinstance(record, InvalidRecord) else record.fields["knowledge_id"])
        for record in records_of(path)
    ]


def validated(path: Path, *, defaults: IngestDefaults = DEFAULTS) -> ValidatedBatch:
    return validate_batch(
        records_of(path), defaults=defaults, now=NOW, duplicates=DuplicateTracker()
    )


def items_of(path: Path) -> list[KnowledgeItem]:
    batch = validated(path)
    assert batch.refused == []
    return [entry.item for entry in batch.items]


def write_pdf(
    path: Path, pages: Sequence[str], *, password: str | None = None, title: str | None = None
) -> Path:
    """Write a PDF with one line of text a page."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for text in pages:
        page = writer.add_blank_page(width=300, height=300)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
    if title is not None:
        writer.add_metadata({"/Title": title})
    if password is not None:
        writer.encrypt(password, algorithm="AES-256")
    writer.write(path)
    return path
