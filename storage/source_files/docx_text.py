"""Word documents: paragraphs and tables in the order in which they stand.

Headers, footers, comments and text boxes are left out.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from storage.source_files.found_text import FoundText
from storage.source_files.places import problem
from storage.source_files.text_layout import TextLayout
from storage.source_files.whole_text import read_bytes

MAX_DOCX_BYTES = 200_000_000
MAX_UNPACKED_BYTES = 400_000_000
"""A few kilobytes can unpack to gigabytes; this much no document needs."""

_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_docx(path: Path) -> FoundText:
    data = read_bytes(path, limit=MAX_DOCX_BYTES)
    if data.startswith(_COMPOUND_FILE):
        raise problem(
            path, "is encrypted or in Word's old format; save it as .docx without a password"
        )
    _check_unpacked_size(path, data)
    try:
        document = docx.Document(BytesIO(data))
        blocks = list(document.iter_inner_content())
        content = _text(blocks)
        title = document.core_properties.title.strip() or _first_heading(blocks)
    except Exception:  # noqa: BLE001 a broken document makes the parser raise whatever it stumbles over
        raise problem(path, "is not a Word document that can be read") from None
    return FoundText(content=content, title=title)


def _check_unpacked_size(path: Path, data: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        raise problem(path, "is not a Word document that can be read") from None
    if unpacked > MAX_UNPACKED_BYTES:
        raise problem(path, f"unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB")


def _first_heading(blocks: list[Paragraph | Table]) -> str | None:
    for block in blocks:
        if isinstance(block, Paragraph) and block.text.strip():
            style = block.style.name if block.style else None
            if style and (style == "Title" or style.startswith("Heading")):
                return block.text
    return None


def _text(blocks: Iterable[Paragraph | Table]) -> str:
    layout = TextLayout()
    for block in blocks:
        _add(layout, block)
    return layout.text()


def _add(layout: TextLayout, block: Paragraph | Table) -> None:
    if isinstance(block, Paragraph):
        _break_before(layout, block)
        layout.add(block.text.strip(), verbatim=True)
        _break_before(layout, block)
        return
    layout.paragraph()
    for row_number, row in enumerate(block.rows):
        if row_number:
            layout.next_line()
        layout.hold()
        for cell_number, cell in enumerate(_distinct(row.cells)):
            if cell_number:
                layout.next_cell()
            for inner in cell.iter_inner_content():
                _add(layout, inner)
        layout.release()
    layout.paragraph()


def _break_before(layout: TextLayout, paragraph: Paragraph) -> None:
    style: Any = paragraph.style
    if style is not None and str(style.name).startswith("List"):
        layout.line()
    else:
        layout.paragraph()


def _distinct(cells: Iterable[_Cell]) -> list[_Cell]:
    """Return each cell once: one that spans columns is listed for each of them."""
    return list({id(cell._tc): cell for cell in cells}.values())  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] the element is the cell's only identity
