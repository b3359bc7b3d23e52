"""Where results go: standard output for the reader or the next program, files when asked for.

On a terminal a result is set in colour; piped, it is the plain document; with `--json` it is the
whole typed result and nothing else. What has an appendix is shown without it unless it is asked for
in full; files always hold everything. They are replaced whole and readable by their owner only.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

messages = Console(stderr=True, markup=False, emoji=False, highlight=False, soft_wrap=True)
"""For progress, counts and complaints: everything that is not the result."""


APPENDIX_HINT = "The appendix, with all grades and quotes: --full, or --output FILE.html"


@dataclass(frozen=True, slots=True)
class Rendering:
    """One result in its three forms; each is made only when it is wanted."""

    json: Callable[[], str]
    markdown: Callable[[], str]
    html: Callable[[], str]
    first_page: Callable[[], str] | None = None
    """The Markdown without its appendix; None for what has no appendix."""

    def for_file(self, file: Path) -> str:
        """Return the form that the file's name asks for."""
        forms = {".json": self.json, ".md": self.markdown, ".html": self.html}
        return forms[file.suffix.lower()]()


def deliver(
    rendering: Rendering, *, as_json: bool, files: Iterable[Path], full: bool = False
) -> None:
    """Write *rendering* to *files* and show it; it is shown also when a file cannot be written."""
    shown = rendering.markdown if full else rendering.first_page or rendering.markdown
    try:
        for file in files:
            _replace_private(file, _ending_in_newline(rendering.for_file(file)))
            messages.print(f"Written: {file}")
    finally:
        if as_json:
            sys.stdout.write(_ending_in_newline(rendering.json()))
        elif sys.stdout.isatty():
            Console().print(Markdown(shown()))
        else:
            sys.stdout.write(_ending_in_newline(shown()))
        sys.stdout.flush()
    if not as_json and shown is rendering.first_page:
        messages.print(APPENDIX_HINT)


def deliver_text(text: str, *, file: Path | None) -> None:
    """Write *text* to *file*, or as it is to standard output where none is given."""
    whole = _ending_in_newline(text)
    if file is None:
        sys.stdout.write(whole)
        sys.stdout.flush()
    else:
        _replace_private(file, whole)
        messages.print(f"Written: {file}")


def _replace_private(file: Path, text: str) -> None:
    """Put *text* at *file* in one step, mode 0600: nobody sees half of it."""
    descriptor, draft_name = tempfile.mkstemp(dir=file.absolute().parent, prefix=f".{file.name}.")
    draft = Path(draft_name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _ending_in_newline(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def use_utf_8() -> None:
    """Company texts hold every script: write UTF-8 in any locale and fail on no character."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            errors = "strict" if stream is sys.stdin else "backslashreplace"
            reconfigure(encoding="utf-8", errors=errors)
