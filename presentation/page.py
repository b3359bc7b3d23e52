"""A document set as one HTML page that needs nothing else: no script, no request, no font to fetch.

Its only style is inline and named in the page's own content security policy by its hash, so that
text from outside could neither run nor restyle anything, were an escape ever missed.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from domain.markdown_escaping import visible
from presentation.document import Document
from presentation.wording import level_letters, level_name

_TEMPLATES = "presentation.templates"


def document_page(document: Document) -> str:
    """Return *document* as a complete HTML document."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = _environment().get_template("page.html.jinja")
    # The style is this package's own file, so it is the one text that is set unescaped.
    return page.render(document=document, style=Markup(style), style_hash=f"sha256-{digest}")  # noqa: S704


@cache
def _style() -> str:
    return resources.files(_TEMPLATES).joinpath("page.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("presentation", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_without_unseen,
    )
    environment.filters.update(
        level_letters=level_letters,
        level_name=level_name,
    )
    return environment


def _without_unseen(value: object) -> object:
    """Drop what no one can see from every plain text that a template sets."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value
