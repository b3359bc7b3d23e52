"""Reads the example company's files as plainly as the formats allow, without the product's own parsers.

A promise about a folder that is checked by the code which is built to read it proves less. Markdown
and text carry front matter, HTML carries `diarchy:` metas, the tables carry a row an item, and a sidecar
`<file name>.yaml` speaks for the file beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import bs4
import docx
import frontmatter
import polars as pl
import pypdf
import yaml

from domain.knowledge import KnowledgeItem

EXAMPLES = Path(__file__).parents[2] / "examples"
KNOWLEDGE = EXAMPLES / "knowledge"
NEXT_WEEK = EXAMPLES / "next_week"
BINARY_SOURCES = EXAMPLES / "binary_sources"

TABLES = {".csv", ".jsonl", ".parquet"}


def company_files(folder: Path) -> list[Path]:
    """Return the files in *folder* that hold knowledge, sidecars left out."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".yaml")


def items_in(folder: Path) -> list[KnowledgeItem]:
    """Return every item in *folder*; raise `ValidationError` where one is not valid."""
    return [item for path in company_files(folder) for item in items_of(path)]


def items_of(path: Path) -> Iterator[KnowledgeItem]:
    """Yield the items that the file at *path* holds."""
    if path.suffix in TABLES:
        for row in _rows(path):
            yield KnowledgeItem.model_validate(row)
    else:
        fields, text = _document(path)
        yield KnowledgeItem.model_validate({**fields, "content": text})


def text_of(path: Path) -> str:
    """Return what a reader of the document at *path* sees."""
    return _document(path)[1]


def _rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        rows = pl.read_csv(path).to_dicts()
        for row in rows:
            row["tags"] = row["tags"].split(";")
    elif path.suffix == ".jsonl":
        rows = pl.read_ndjson(path).to_dicts()
    else:
        rows = pl.read_parquet(path).to_dicts()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def _document(path: Path) -> tuple[dict[str, Any], str]:
    fields: dict[str, Any] = {}
    if path.suffix in {".md", ".txt"}:
        post = frontmatter.loads(path.read_text(encoding="utf-8"))
        fields, text = dict(post.metadata), post.content
    elif path.suffix == ".html":
        soup = bs4.BeautifulSoup(path.read_bytes(), "lxml")
        fields, text = _metas(soup), soup.get_text("\n", strip=True)
    elif path.suffix == ".docx":
        text = "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)
    elif path.suffix == ".pdf":
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    else:
        raise ValueError(f"{path.name}: not a format of the examples")
    sidecar = path.with_name(path.name + ".yaml")
    if sidecar.exists():
        stated = yaml.safe_load(sidecar.read_text(encoding="utf-8"))
        fields |= cast("dict[str, Any]", stated)
    return fields, text


def _metas(soup: bs4.BeautifulSoup) -> dict[str, Any]:
    heading = soup.find("title")
    fields: dict[str, Any] = {"title": heading.get_text() if heading else None}
    for meta in soup.find_all("meta"):
        name = str(meta.get("name") or "")
        if name.startswith("diarchy:"):
            fields[name.removeprefix("diarchy:")] = str(meta["content"])
    fields["strategic_priority"] = int(fields["strategic_priority"])
    fields["tags"] = [tag.strip() for tag in fields["tags"].split(";")]
    return fields
