"""What forms of the Prefect UI are made from: fields explained, choices listed, numbers bounded."""

from typing import Any

import pytest
from prefect import Flow
from prefect.utilities.callables import parameter_schema

import flows

_FLOWS: list[Flow[..., Any]] = [getattr(flows, name) for name in flows.__all__]


def schema_of(flow: Flow[..., Any]) -> dict[str, Any]:
    return parameter_schema(flow).model_dump(exclude_unset=True)


def kinds_of(field: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the kinds of value that a field takes, with what each name stands for."""
    kinds = field.get("anyOf") or field.get("allOf") or [field]
    names = [kind.get("$ref", "").rpartition("/")[2] for kind in kinds]
    return [
        schema["definitions"][name] if name else kind
        for name, kind in zip(names, kinds, strict=True)
    ]


@pytest.mark.parametrize("flow", _FLOWS, ids=lambda flow: flow.name)
def test_every_field_is_explained_and_bounded(flow: Flow[..., Any]) -> None:
    schema = schema_of(flow)
    for name, field in schema["properties"].items():
        assert field.get("description"), f"{name} is explained"
        for kind in kinds_of(field, schema):
            if kind["type"] == "integer":
                assert {"minimum", "maximum"} <= set(kind), f"{name} is bounded"
            if kind["type"] == "string" and "enum" not in kind:
                assert kind.get("minLength") == 1, f"{name} is not empty"
                assert "maxLength" in kind, f"{name} is bounded"
            if kind["type"] == "object" and "properties" in kind:
                assert kind["title"]


@pytest.mark.parametrize(
    ("name", "field", "choices"),
    [
        ("comprehensive_analysis", "collaboration", {"in_process", "events"}),
        ("technical_analysis", "business_view", {"in_process", "events"}),
        ("strategic_summary", "domain", {"business", "technical", "market"}),
        ("strategic_summary", "time_horizon", {"week", "month", "quarter", "year"}),
        ("scheduled_briefings", "cadence", {"weekly", "monthly", "quarterly"}),
        (
            "ceo_briefing",
            "max_confidentiality",
            {"public", "internal", "confidential", "restricted", "top_secret"},
        ),
    ],
)
def test_what_can_be_chosen_is_a_list(name: str, field: str, choices: set[str]) -> None:
    schema = schema_of(getattr(flows, name))
    kinds = kinds_of(schema["properties"][field], schema)
    assert {value for kind in kinds for value in kind.get("enum", ())} == choices


def test_only_what_nothing_can_stand_for_must_be_filled_in() -> None:
    assert {flow.name: set(schema_of(flow).get("required", ())) for flow in _FLOWS} == {
        "bulk-ingest": {"paths", "requester"},
        "business-analysis": {"requirement", "requester"},
        "canary-sweep": set(),
        "ceo-briefing": {"requester"},
        "comprehensive-analysis": {"requirement", "requester"},
        "dispatch-events": set(),
        "ingest-knowledge": {"paths", "requester"},
        "maintain-knowledge": set(),
        "process-message": {"session_id", "content", "requester"},
        "scheduled-briefings": set(),
        "strategic-summary": {"domain", "time_horizon", "requester"},
        "technical-analysis": {"requirement", "requester"},
    }


def test_a_requirement_is_a_text_first_of_all_or_the_id_of_a_stored_one() -> None:
    schema = schema_of(flows.comprehensive_analysis)
    kinds = kinds_of(schema["properties"]["requirement"], schema)
    assert [kind["title"] for kind in kinds] == ["Plain text", "Stored request", "Sealed text"]
