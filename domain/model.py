"""The ground that every domain model stands on: frozen, strict about unknown fields, aware about time.

A record that cannot change can be shared between readers without a copy, and a field that nobody
declared is an error, never silently dropped.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator


class FrozenModel(BaseModel):
    """An immutable record that refuses unknown fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        # A validation error ends up in logs and states: it names the field, never the value.
        hide_input_in_errors=True,
    )


class ModelWithComputedFields(FrozenModel):
    """A record some of whose fields follow from others, and stand in what is dumped.

    Only these have a validator that goes before: it makes reading JSON several times slower.
    """

    @model_validator(mode="before")
    @classmethod
    def _computed_fields_are_computed(cls, data: Any) -> Any:
        """Let a dumped record be read back: what is computed is never taken from the input."""
        if not isinstance(data, dict):
            return data
        fields = cast("dict[str, Any]", data)
        return {
            name: value for name, value in fields.items() if name not in cls.model_computed_fields
        }


def as_aware_utc(moment: datetime) -> datetime:
    """Return *moment* in UTC; raise `ValueError` when it names no time zone."""
    if moment.tzinfo is None:
        raise ValueError("needs a time zone, for example 2026-03-01T09:00:00Z")
    return moment.astimezone(UTC)


UtcDatetime = Annotated[datetime, AfterValidator(as_aware_utc)]
"""A point in time. Naive values are refused; aware ones are converted to UTC."""
