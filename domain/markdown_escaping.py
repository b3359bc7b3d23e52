"""Text that others wrote, made harmless for a Markdown document without changing how it reads.

Whatever could begin a structure (heading, list, table, code, link, picture, HTML, footnote) or turn
into a link by itself is escaped by a backslash, so that a renderer shows it letter for letter.
Control characters, and marks that turn the writing direction around, are left out: no one can see
them, and they make a line read as what it is not.
"""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)
_ALWAYS = re.compile(r"[\\`*_\[\]<>|~&$@{}^]")
_LINK_SCHEME = re.compile(r":(?=//)")
_BARE_HOST = re.compile(r"(?i)\b(www)\.")
_ESCAPED_ADDRESS = re.compile(r"\\:(?=//)|(?i:www)(?=\\?\.)|\\@")
_LINE_START = re.compile(r"^(?:[#+\-=:]|(?:\d{1,9})(?=[.)](?:\s|$)))")


def visible(text: str) -> str:
    """Return *text* without characters that nobody sees and that mislead a reader or a parser."""
    return _UNSEEN.sub("", text)


def escape_markdown(text: str) -> str:
    """Return *text* as one line of Markdown that reads as *text* does, white space evened out."""
    line = " ".join(visible(text).split())
    escaped = _ALWAYS.sub(r"\\\g<0>", line)
    escaped = _LINK_SCHEME.sub(r"\\:", escaped)
    escaped = _BARE_HOST.sub(r"\1\\.", escaped)
    return _LINE_START.sub(_escaped_start, escaped)


def escape_markdown_lines(text: str) -> str:
    """Return *text* as Markdown paragraphs in which every line of it stays a line of its own."""
    paragraphs = re.split(r"\n\s*\n", visible(text).replace("\r\n", "\n").strip())
    return "\n\n".join(
        "\\\n".join(escape_markdown(line) for line in paragraph.splitlines() if line.strip())
        for paragraph in paragraphs
    )


def without_autolinks(markdown: str) -> str:
    """Return escaped *markdown* with every address broken by a mark that is not seen.

    Some renderers look for addresses once more after backslashes are resolved, and make links of what a
    text only quotes.
    """
    return _ESCAPED_ADDRESS.sub("\\g<0>\u2060", markdown)


def _escaped_start(match: re.Match[str]) -> str:
    start = match.group()
    return f"{start}\\" if start[0].isdigit() else f"\\{start}"
