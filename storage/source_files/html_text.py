"""HTML pages: the readable text with its paragraphs, lists and tables.

Labels stand in the head as `<meta name="diarchy:confidentiality_level" content="internal">`.
Scripts, styles and navigation are left out. A label that is given twice is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from lxml import etree, html  # pyright: ignore[reportAttributeAccessIssue] compiled, no types

from storage.source_files.found_text import FoundText
from storage.source_files.places import problem
from storage.source_files.text_layout import TextLayout
from storage.source_files.whole_text import read_text

Element: TypeAlias = Any
"""An lxml element; lxml ships no types."""

LABEL_PREFIX = "diarchy:"

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LEFT_OUT = frozenset(
    {"head", "script", "style", "nav", "template", "noscript", "svg", "iframe", "object", "canvas"}
)
_PARAGRAPHS = _HEADINGS | {
    "p", "div", "section", "article", "main", "header", "footer", "aside", "blockquote", "pre",
    "ul", "ol", "dl", "table", "figure", "form", "fieldset", "address", "details", "hr", "body",
}  # fmt: skip
_ROWS = frozenset({"li", "tr"})
_LINES = frozenset({"br", "dt", "dd", "caption", "figcaption", "summary", "option"})
_CELLS = frozenset({"td", "th"})


def read_html(path: Path) -> FoundText:
    text = read_text(path)
    if not text.strip():
        return FoundText(content="")
    parser = html.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        page = html.document_fromstring(text.encode(), parser=parser)
    except (etree.LxmlError, ValueError):
        raise problem(path, "is not HTML that can be read") from None
    title = next(page.iter("title"), None)
    heading = next(page.iter(*sorted(_HEADINGS)), None)
    titles = (str(one.text_content()).strip() for one in (title, heading) if one is not None)
    return FoundText(
        content=_readable(page), title=next(filter(None, titles), None), fields=_labels(path, page)
    )


def _labels(path: Path, page: Element) -> dict[str, Any]:
    labels: dict[str, Any] = {}
    for meta in page.iter("meta"):
        name = str(meta.get("name") or "").strip().lower()
        if not name.startswith(LABEL_PREFIX):
            continue
        field = name.removeprefix(LABEL_PREFIX)
        if field in labels:
            raise problem(path, "is there twice", field=field)
        labels[field] = str(meta.get("content") or "").strip() or None
    return labels


def _readable(page: Element) -> str:
    layout = TextLayout()
    verbatim = 0
    for event, element in _events(page):
        name = element.tag
        verbatim += (name == "pre") * (1 if event == "start" else -1)
        _lay_out(layout, event, element)
        run = element.text if event == "start" else element.tail
        # What follows a preformatted block belongs to its parent, by then counted out.
        if run:
            layout.add(run, verbatim=verbatim > 0)
    return layout.text()


def _events(page: Element) -> Iterator[tuple[str, Element]]:
    """Yield start and end of each element shown; of one left out only the end, before its tail."""
    walk: Any = etree.iterwalk(page, events=("start", "end"))
    for event, element in walk:
        if event == "start" and element.tag in _LEFT_OUT:
            walk.skip_subtree()
        else:
            yield event, element


def _lay_out(layout: TextLayout, event: str, element: Element) -> None:
    name = element.tag
    if name in _PARAGRAPHS:
        layout.paragraph()
    elif name in _LINES:
        layout.line()
    elif name in _ROWS and event == "end":
        layout.release()
    elif name in _ROWS:
        if _follows(element, _ROWS):
            layout.next_line()
        else:
            layout.line()
        layout.hold()
    elif name in _CELLS and event == "start" and _follows(element, _CELLS):
        layout.next_cell()


def _follows(element: Element, names: frozenset[str]) -> bool:
    before = element.getprevious()
    return before is not None and before.tag in names
