"""Writes the PDF, DOCX and Parquet files of the example company from the plain text beside this script.

`binary_sources/<path>.md` becomes `knowledge/<path>`, and so does `binary_sources/<path>.jsonl`: the
source's name is the result's name with one more ending. Run again after editing a source. The same
sources give the same bytes, so an unchanged document is no change in the repository. What the documents
are about (level, category, dates) stands in the sidecar `<file name>.yaml` beside each result.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import docx
import polars as pl
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import cm
from reportlab.platypus import Paragraph, SimpleDocTemplate

EXAMPLES = Path(__file__).parent
SOURCES = EXAMPLES / "binary_sources"
KNOWLEDGE = EXAMPLES / "knowledge"

_FIXED_DATE = (2026, 11, 20, 8, 0, 0)
_TIMES = pl.Datetime("us", "UTC")
_COLUMNS = {
    "knowledge_id": pl.String,
    "title": pl.String,
    "content": pl.String,
    "category": pl.String,
    "confidentiality_level": pl.String,
    "strategic_priority": pl.Int64,
    "source": pl.String,
    "tags": pl.List(pl.String),
    "created_at": pl.String,
    "updated_at": pl.String,
    "expires_at": pl.String,
}


class Block(NamedTuple):
    """One paragraph: `level` is 0 for text, 1 for the title, 2 for a section's heading."""

    level: int
    text: str


def main() -> None:
    """Write every document that has a source."""
    for source in sorted(path for path in SOURCES.rglob("*") if path.is_file()):
        target = KNOWLEDGE / source.relative_to(SOURCES).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".parquet":
            write_parquet(source, target)
        elif target.suffix == ".docx":
            write_docx(source.read_text(encoding="utf-8"), target)
        else:
            write_pdf(source.read_text(encoding="utf-8"), target)
        print(target.relative_to(EXAMPLES))


def write_pdf(text: str, target: Path) -> None:
    """Write *text* as an A4 document whose bytes hold no time of writing."""
    sheet = getSampleStyleSheet()
    body = ParagraphStyle("body", parent=sheet["BodyText"], fontSize=10.5, leading=15, spaceAfter=6)
    styles = {0: body, 1: sheet["Heading1"], 2: sheet["Heading2"]}
    blocks = list(blocks_of(text))
    document = SimpleDocTemplate(
        str(target),
        pagesize=A4,
        leftMargin=2.5 * cm,
        rightMargin=2.5 * cm,
        title=blocks[0].text,
        author="Veldmark Thermal N.V.",
        invariant=1,
    )
    document.build([Paragraph(escape(block.text), styles[block.level]) for block in blocks])


def write_docx(text: str, target: Path) -> None:
    """Write *text* as a Word document whose archive entries carry one fixed date."""
    document = docx.Document()
    blocks = list(blocks_of(text))
    for block in blocks:
        if block.level:
            document.add_heading(block.text, level=block.level)
        else:
            document.add_paragraph(block.text)
    properties = document.core_properties
    properties.title, properties.author = blocks[0].text, "Veldmark Thermal N.V."
    properties.created = properties.modified = datetime(*_FIXED_DATE)  # noqa: DTZ001 - the format's times carry no zone
    written = io.BytesIO()
    document.save(written)
    with (
        zipfile.ZipFile(written) as original,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as fixed,
    ):
        for name in original.namelist():
            fixed.writestr(zipfile.ZipInfo(name, _FIXED_DATE), original.read(name))


def write_parquet(source: Path, target: Path) -> None:
    """Write the JSON lines of *source* as Parquet with real time stamps and lists."""
    times = [
        pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
        for name in ("created_at", "updated_at", "expires_at")
    ]
    rows = pl.read_ndjson(source, schema=_COLUMNS).with_columns(times)
    if rows.schema["updated_at"] != _TIMES:
        raise TypeError(f"{source.name}: updated_at did not become a time stamp")
    rows.write_parquet(target)


def blocks_of(text: str) -> Iterator[Block]:
    """Yield the paragraphs of *text*; every line that is not blank is one."""
    for line in text.splitlines():
        words = line.lstrip("#")
        if words.strip():
            yield Block(len(line) - len(words), words.strip())


if __name__ == "__main__":
    main()
