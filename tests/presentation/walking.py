"""Ways to walk over a result: every finding in it, and every text in it replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from domain.evidence import Finding

ValueT = TypeVar("ValueT")
_CLOSED_SETS = {"impact"}


def findings_in(value: object) -> Iterator[Finding]:
    """Yield every finding at any depth of *value*."""
    if isinstance(value, Finding):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from findings_in(getattr(value, name))
    elif isinstance(value, tuple):
        for member in cast("tuple[object, ...]", value):
            yield from findings_in(member)


def with_texts(value: ValueT, change: Callable[[str], str]) -> ValueT:
    """Return *value* with *change* applied to every free text at any depth, unvalidated."""
    return cast("ValueT", _changed(value, change))


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return value.model_copy(
            update={
                name: _changed(getattr(value, name), change)
                for name in fields
                if name not in _CLOSED_SETS
            }
        )
    if isinstance(value, tuple | list):
        members = cast("tuple[Any, ...]", value)
        return type(members)(_changed(member, change) for member in members)
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {change(key): _changed(member, change) for key, member in entries.items()}
    return change(value) if type(value) is str else value
