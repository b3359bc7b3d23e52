"""What is written of an event is read as the same event, whatever is in it."""

from __future__ import annotations

import os

from hypothesis import given, settings

from domain.events import Event
from tests.properties.events import events

CASES = 5000 if os.environ.get("DIARCHY_PROOFS") else 200


@given(event=events)
@settings(max_examples=CASES, deadline=None)
def test_an_event_comes_back_from_json_as_it_was(event: Event):
    written = event.model_dump_json()

    assert Event.model_validate_json(written) == event
    assert Event.model_validate_json(written).model_dump_json() == written


@given(event=events)
@settings(max_examples=CASES, deadline=None)
def test_an_event_comes_back_from_plain_values_as_it_was(event: Event):
    assert Event.model_validate(event.model_dump(mode="json")) == event
