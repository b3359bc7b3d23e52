"""Documents: one file, one item, read by the reader of its kind; a sidecar has the last word.

A sidecar `report.pdf.yaml` beside `report.pdf` gives fields of any document and wins over what the
document says of itself. A title that nobody gave is the first heading, else the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from domain.errors import InvalidRecord
from domain.knowledge import MAX_TITLE_LENGTH
from domain.records import RawRecord
from storage.source_files.docx_text import read_docx
from storage.source_files.found_text import FoundText
from storage.source_files.front_matter import read_mapping
from storage.source_files.html_text import read_html
from storage.source_files.markup_text import read_markdown, read_plain_text
from storage.source_files.pdf_text import read_pdf
from storage.source_files.places import identity, problem, shown, sidecars, suffix
from storage.source_files.whole_text import MAX_SIDECAR_BYTES, read_text

_READERS: dict[str, Callable[[Path], FoundText]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": read_plain_text,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}


def read_document(path: Path) -> RawRecord:
    """Return the one record of *path*; raise `InvalidRecord` or `OSError` when there is none."""
    described = _described_by_sidecar(path)
    found = _READERS[suffix(path)](path)
    if "content" in found.fields:
        raise problem(path, "is the document's own text and no field of it", field="content")
    if not found.content.strip():
        raise problem(path, "holds no text", field="content")
    title = clean_title(found.title or "") or clean_title(shown(Path(path.stem))) or "Untitled"
    fields = {"title": title, "content": found.content}
    fields |= {name: value for name, value in found.fields.items() if value is not None}
    fields |= {name: value for name, value in described.items() if value is not None}
    return RawRecord(file=shown(path), fields=fields, identity=identity(path))


def _described_by_sidecar(path: Path) -> dict[str, object]:
    found = sidecars(path)
    if not found:
        return {}
    if len(found) > 1:
        raise problem(path, "is described by two files; keep one")
    try:
        return read_mapping(found[0], read_text(found[0], limit=MAX_SIDECAR_BYTES))
    except InvalidRecord as error:
        raise problem(path, f"is described by a file that {error.reason}") from None
    except OSError:
        raise problem(path, "is described by a file that cannot be read") from None


def clean_title(text: str) -> str:
    """Return *text* on one line, without control characters, cut to what a title may hold."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", text).split())
    return line if len(line) <= MAX_TITLE_LENGTH else line[: MAX_TITLE_LENGTH - 1].rstrip() + "…"
