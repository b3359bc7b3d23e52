"""PDF files: the text of the pages, a blank line between them.

A PDF without text (a scan) and one that asks for a password are refused; nothing is guessed from
pictures.
"""

from __future__ import annotations

import logging
import re
from io import BytesIO
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError

from domain.errors import InvalidRecord
from domain.knowledge import MAX_CONTENT_LENGTH
from storage.source_files.found_text import FoundText
from storage.source_files.places import problem
from storage.source_files.whole_text import read_bytes

MAX_PDF_BYTES = 200_000_000


def read_pdf(path: Path) -> FoundText:
    data = read_bytes(path, limit=MAX_PDF_BYTES)
    # Its warnings quote bytes of the file, and content does not go to logs.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        return _read(path, PdfReader(BytesIO(data)))
    except InvalidRecord:
        raise
    except (DependencyError, FileNotDecryptedError):
        raise problem(path, _LOCKED) from None
    except Exception:  # noqa: BLE001 a broken PDF makes the parser raise whatever it stumbles over
        raise problem(path, "is not a PDF that can be read") from None


_LOCKED = "is encrypted; save it without a password"


def _read(path: Path, reader: PdfReader) -> FoundText:
    if reader.is_encrypted and not reader.decrypt(""):
        raise problem(path, _LOCKED)
    pages: list[str] = []
    length = 0
    for page in reader.pages:
        text = _without_debris(page.extract_text())
        length += len(text)
        if length > MAX_CONTENT_LENGTH:
            raise problem(path, f"holds more than {MAX_CONTENT_LENGTH} characters", field="content")
        pages.append(text)
    content = "\n\n".join(page for page in pages if page)
    if not content:
        raise problem(path, "holds no text; a scan must be turned into text first", field="content")
    title = reader.metadata.title if reader.metadata else None
    return FoundText(content=content, title=title if isinstance(title, str) else None)


def _without_debris(text: str) -> str:
    """Return *text* without the NULs and half characters that unmapped glyphs leave behind."""
    return re.sub(r"[\x00\ud800-\udfff]", "", text).strip()
