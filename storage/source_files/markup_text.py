"""Markdown and plain text: the body stays as it was written, below optional front matter."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from storage.source_files.found_text import FoundText
from storage.source_files.front_matter import split_front_matter
from storage.source_files.whole_text import read_text

_HEADING_WITHIN = 20_000
"""Characters: a first heading further down names a section, not the document."""


def read_markdown(path: Path) -> FoundText:
    fields, body = split_front_matter(path, read_text(path))
    return FoundText(content=body, title=_first_heading(body), fields=fields)


def read_plain_text(path: Path) -> FoundText:
    fields, body = split_front_matter(path, read_text(path))
    return FoundText(content=body, fields=fields)


def _first_heading(markdown: str) -> str | None:
    tokens = MarkdownIt("commonmark").parse(markdown[:_HEADING_WITHIN])
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            heading = _words(following.children or [])
            if heading.strip():
                return heading
    return None


def _words(inline: list[Token]) -> str:
    return "".join(" " if token.type == "softbreak" else token.content for token in inline)
