"""An event as JSON from a file or standard input, read so that a complaint repeats nothing of it."""

from __future__ import annotations

from pydantic import ValidationError

from domain.errors import InvalidInput
from domain.events import Event
from gateway.command_line.options import read_text

_SPEAKS_OF_INPUT = {
    "union_tag_invalid": "kind is none of those that there are",
    "union_tag_not_found": "kind is missing",
    "json_invalid": "is not JSON",
    "extra_forbidden": "has a field that no event has",
}
"""Kinds of complaint of which pydantic's own sentence or place quotes what was given."""


def read_event(file: str) -> Event:
    """Return the event that *file* holds, `-` being standard input. Raises `InvalidInput`."""
    text = read_text("-" if file == "-" else f"@{file}")
    try:
        return Event.model_validate_json(text)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        raise InvalidInput(
            "; ".join(_sentence(one["loc"], one["type"], one["msg"]) for one in problems)
        ) from None


def _sentence(place: tuple[int | str, ...], kind: str, message: str) -> str:
    # The name of a field that nobody declared is the giver's own.
    known = place[:-1] if kind == "extra_forbidden" else place
    field = ".".join(str(part) for part in ("event", *known))
    return f"{field}: {_SPEAKS_OF_INPUT.get(kind, message)}"
