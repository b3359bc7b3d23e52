"""Any valid event, for properties about all of them."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as some

from domain.clearance import ConfidentialityLevel
from domain.events import (
    ChangeKind,
    Event,
    EventDomain,
    KnowledgeChange,
    RequestType,
    UpdateType,
    collaboration_request,
    collaboration_response,
    knowledge_update,
    strategic_alert,
)
from domain.knowledge import KnowledgeCategory
from domain.sealed import SealedText

_identifiers = some.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=64)
_levels = some.sampled_from(ConfidentialityLevel)
_categories = some.sampled_from(KnowledgeCategory)
_times = some.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2999, 1, 1),  # noqa: DTZ001
    timezones=some.timezones() | some.just(UTC),
)
_waits = some.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=900))
_knowledge_ids = (
    some.text(some.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=200)
    .map(str.strip)
    .filter(bool)
)
_changes = some.builds(
    KnowledgeChange,
    knowledge_id=_knowledge_ids,
    category=some.none() | _categories,
    change=some.sampled_from(ChangeKind),
)


@some.composite
def _requests(draw: some.DrawFn) -> Event:
    occurred_at = draw(_times)
    wait = draw(some.none() | _waits)
    return collaboration_request(
        event_id=draw(_identifiers),
        correlation_id=draw(_identifiers),
        causation_id=draw(some.none() | _identifiers),
        occurred_at=occurred_at,
        deadline=None if wait is None else occurred_at.astimezone(UTC) + wait,
        source_domain=draw(some.sampled_from([EventDomain.SOPHIA, EventDomain.ARTEMIS])),
        request_type=draw(some.sampled_from(RequestType)),
        requester=draw(_knowledge_ids),
        request_report_id=draw(_identifiers),
        confidentiality_level=draw(_levels),
        max_confidentiality=draw(some.none() | _levels),
        priority=draw(some.integers(1, 5)),
    )


@some.composite
def _responses(draw: some.DrawFn) -> Event:
    failed = draw(some.booleans())
    return collaboration_response(
        to=draw(_requests()),
        event_id=draw(_identifiers),
        occurred_at=draw(_times),
        confidentiality_level=draw(_levels),
        response_report_id=None if failed else draw(_identifiers),
        reason=draw(_knowledge_ids) if failed else None,
    )


_updates = some.builds(
    knowledge_update,
    event_id=_identifiers,
    occurred_at=_times,
    source_domain=some.sampled_from(EventDomain),
    update_type=some.sampled_from(UpdateType),
    confidentiality_level=_levels,
    changes=some.lists(_changes, max_size=5),
    priority=some.integers(-5, 15),
    correlation_id=some.none() | _identifiers,
)
_alerts = some.builds(
    strategic_alert,
    event_id=_identifiers,
    occurred_at=_times,
    alert_category=_categories,
    priority_level=some.integers(1, 10),
    confidentiality_level=_levels,
    knowledge_ids=some.lists(_knowledge_ids, max_size=5),
    note=some.none() | some.builds(SealedText, sealed=some.text(string.ascii_letters)),
    correlation_id=some.none() | _identifiers,
)

events = _requests() | _responses() | _updates | _alerts
"""Every valid event that the patterns make."""
