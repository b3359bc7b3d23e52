import time
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.analysis import Comparison, RequirementKind, TechnicalRequirement
from domain.clearance import ConfidentialityLevel
from domain.evidence import EvidenceOrigin
from reasoning.requests import MAX_REQUIREMENT_LENGTH, AnalysisRequest
from reasoning.requirements import technical_requirements

K = RequirementKind
LEAST, MOST, EXACT = Comparison.AT_LEAST, Comparison.AT_MOST, Comparison.EXACTLY


def requirements_of(text: str, **context: str) -> tuple[TechnicalRequirement, ...]:
    request = AnalysisRequest(
        requirement=text, requirement_level=ConfidentialityLevel.INTERNAL, context=context
    )
    return technical_requirements(request, None)


FIGURES = [
    ("It must carry 1000 req/sec.", K.THROUGHPUT, LEAST, 1000, "requests_per_second"),
    ("Handle 25,000 events per second.", K.THROUGHPUT, LEAST, 25_000, "events_per_second"),
    ("It takes in 2 million messages a day.", K.THROUGHPUT, LEAST, 23.148148148, "events_per_second"),
    ("Sustain 10k rps at peak.", K.THROUGHPUT, LEAST, 10_000, "requests_per_second"),
    ("We want 500 transactions/s.", K.THROUGHPUT, LEAST, 500, "requests_per_second"),
    ("At least 1 000 requests per second.", K.THROUGHPUT, LEAST, 1000, "requests_per_second"),
    ("Up to 3,000 queries per minute.", K.THROUGHPUT, LEAST, 50, "requests_per_second"),
    ("The gateway must accept 1.2 million API calls an hour.", K.THROUGHPUT, LEAST, 333.333333333,
     "requests_per_second"),
    ("It serves 40,000 concurrent users.", K.THROUGHPUT, LEAST, 40_000, "users"),
    ("More than 800 payments per second go through it.", K.THROUGHPUT, LEAST, 800, "events_per_second"),
    ("No more than 50 notifications per hour may be sent to a driver.", K.THROUGHPUT, MOST,
     0.013888889, "events_per_second"),
    ("It must respond in under 200 ms.", K.LATENCY, MOST, 0.2, "seconds"),
    ("p99 below 1.5 s is expected.", K.LATENCY, MOST, 1.5, "seconds"),
    ("The median response time should be 80 milliseconds.", K.LATENCY, MOST, 0.08, "seconds"),
    ("Any latency over 250ms is unacceptable.", K.LATENCY, MOST, 0.25, "seconds"),
    ("Alerts must reach the driver within 5 seconds.", K.LATENCY, MOST, 5, "seconds"),
    ("Dashboards should refresh within two or at most 3 minutes.", K.LATENCY, MOST, 180, "seconds"),
    ("Availability of 99.95 % is a must.", K.AVAILABILITY, LEAST, 99.95, "percent"),
    ("Uptime must be at least 99.9 percent.", K.AVAILABILITY, LEAST, 99.9, "percent"),
    ("We promise three nines.", K.AVAILABILITY, LEAST, 99.9, "percent"),
    ("It must be reachable 99.5% of the time.", K.AVAILABILITY, LEAST, 99.5, "percent"),
    ("The SLA is 99,9 %.", K.AVAILABILITY, LEAST, 99.9, "percent"),
    ("The archive holds 4 TB.", K.DATA_VOLUME, LEAST, 4e12, "bytes"),
    ("It takes in 1.2 TB of sensor data per day.", K.DATA_VOLUME, LEAST, 1.2e12, "bytes_per_day"),
    ("It loads 12 million rows a day.", K.DATA_VOLUME, LEAST, 12e6, "rows_per_day"),
    ("The migration moves 300 million records.", K.DATA_VOLUME, LEAST, 3e8, "rows"),
    ("Storage must not exceed 500 GB.", K.DATA_VOLUME, MOST, 5e11, "bytes"),
    ("The cache holds 2 GiB.", K.DATA_VOLUME, LEAST, 2 * 1024.0**3, "bytes"),
    ("The budget is EUR 1.8 million.", K.BUDGET, MOST, 1_800_000, "EUR"),
    ("It may cost $2.5m at most.", K.BUDGET, MOST, 2_500_000, "USD"),
    ("Total spend is capped at €900k.", K.BUDGET, MOST, 900_000, "EUR"),
    ("Invest at least GBP 300,000 in it.", K.BUDGET, LEAST, 300_000, "GBP"),
    ("Build it for no more than 1.2 million euros.", K.BUDGET, MOST, 1_200_000, "EUR"),
    ("We have exactly CHF 750k of funding.", K.BUDGET, EXACT, 750_000, "CHF"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "comparison", "magnitude", "unit"), FIGURES)
def test_a_figure_becomes_a_typed_value(
    text: str, kind: RequirementKind, comparison: Comparison, magnitude: float, unit: str
):
    found = requirements_of(text)
    assert [(one.kind, one.comparison) for one in found] == [(kind, comparison)]
    assert found[0].quantity is not None
    assert found[0].quantity.unit == unit
    assert found[0].quantity.magnitude == pytest.approx(magnitude)


NAMES = [
    ("It must comply with the GDPR.", K.COMPLIANCE, ["GDPR"]),
    ("A SOC2 report and ISO/IEC 27001:2022 are needed.", K.COMPLIANCE, ["SOC 2", "ISO 27001"]),
    ("SOC 2 Type II and HIPAA apply.", K.COMPLIANCE, ["SOC 2", "HIPAA"]),
    ("Card data brings PCI-DSS into play, and NIS-2.", K.COMPLIANCE, ["PCI DSS", "NIS2"]),
    ("It falls under the EU AI Act and DORA.", K.COMPLIANCE, ["EU AI Act", "DORA"]),
    ("All data must stay in the EU.", K.RESIDENCY, ["EU"]),
    ("It is to be hosted in Germany.", K.RESIDENCY, ["Germany"]),
    ("Telemetry may never leave the European Union.", K.RESIDENCY, ["EU"]),
    ("Swiss data residency is required.", K.RESIDENCY, ["Switzerland"]),
    ("Records are stored within the United Kingdom.", K.RESIDENCY, ["United Kingdom"]),
    ("It has to integrate with SAP.", K.INTEGRATION, ["SAP"]),
    ("Integrate with Salesforce, ServiceNow and our Kronos system.", K.INTEGRATION,
     ["Salesforce", "ServiceNow", "Kronos"]),
    ("Orders are imported from SAP S/4HANA.", K.INTEGRATION, ["SAP S/4HANA"]),
    ("Users log in through single sign-on with Okta.", K.INTEGRATION, ["Okta"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "names"), NAMES)
def test_a_name_becomes_a_requirement_in_its_standard_spelling(
    text: str, kind: RequirementKind, names: list[str]
):
    found = requirements_of(text)
    assert [one.name for one in found] == names
    assert {one.kind for one in found} == {kind}


DATES = [
    ("It must be live by 31 March 2027.", date(2027, 3, 31)),
    ("Deliver it by March 31, 2027.", date(2027, 3, 31)),
    ("The deadline is 2027-06-30.", date(2027, 6, 30)),
    ("We need it by Q2 2027.", date(2027, 6, 30)),
    ("It has to be ready in Q3 2027.", date(2027, 9, 30)),
    ("Done by the end of 2027, please.", date(2027, 12, 31)),
    ("Go live in May 2027.", date(2027, 5, 31)),
    ("It must run before July 2027.", date(2027, 7, 1)),
    ("Finish the roll-out no later than 15th September 2027.", date(2027, 9, 15)),
]


@pytest.mark.parametrize(("text", "due"), DATES)
def test_a_stated_date_becomes_a_deadline(text: str, due: date):
    found = requirements_of(text)
    assert [(one.kind, one.comparison, one.due) for one in found] == [(K.DEADLINE, MOST, due)]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Deliver it within six months.", 183),
        ("It must be in production in 12 weeks.", 84),
        ("Roll it out within the next two quarters.", 183),
    ],
)
def test_a_duration_alone_becomes_a_period(text: str, days: int):
    found = requirements_of(text)
    assert [(one.kind, one.period) for one in found] == [(K.DEADLINE, timedelta(days=days))]


TRAPS = [
    "The tool was built on version 3.2.1 of the library.",
    "Support is available 24/7.",
    "Call +49 30 1234 5678 for details.",
    "Q1 results were good.",
    "The company was founded in 2019.",
    "We launched the portal in Q2 2024.",
    "Churn fell by 12% last year.",
    "99% of customers like it.",
    "95% of our customers praise availability.",
    "Revenue reached EUR 12 million.",
    "The market is worth USD 4 billion.",
    "Today the platform carries 200 requests per second.",
    "Last year we spent EUR 400k on licences and the budget was EUR 500k.",
    "Dora leads the team.",
    "We are not subject to HIPAA.",
    "GDPR does not apply to machine data.",
    "SAP raised its prices.",
    "Our customers in Germany are loyal.",
    "Data on customers in France is stored.",
    "The laptop has 16 GB RAM.",
    "Replies go out within two weeks.",
    "Log files are retained for 90 days.",
    "ISO week 27 was quiet; room 404 is free.",
    "The meeting lasted 45 minutes.",
    "They may be late; we can march on in 2027.",
    "It is as easy as 1, 2, 3.",
    "Section 4.2 of the annex has 12 pages.",
    "It was due by 31 February 2027.",
]


@pytest.mark.parametrize("text", TRAPS)
def test_what_only_looks_like_a_requirement_is_left_alone(text: str):
    assert requirements_of(text) == ()


def test_what_is_asked_for_is_told_from_what_stands_today():
    text = "Today it handles 200 requests per second, but it must handle 1,000 requests per second."
    assert [one.quantity.magnitude for one in requirements_of(text) if one.quantity] == [1000]
    text = "Raise throughput to 1,000 requests per second, up from 200 requests per second."
    assert [one.quantity.magnitude for one in requirements_of(text) if one.quantity] == [1000]


def test_several_requirements_of_one_sentence_are_all_found():
    text = (
        "Build a telemetry platform for 25,000 events per second at p99 below 1.5 s and 99.95 % "
        "availability, hosted in Germany, GDPR and SOC 2 compliant, integrated with SAP, by 31 March "
        "2027, on a budget of EUR 1.8 million."
    )
    assert [one.kind for one in requirements_of(text)] == [
        K.THROUGHPUT, K.LATENCY, K.AVAILABILITY, K.COMPLIANCE, K.COMPLIANCE, K.RESIDENCY,
        K.INTEGRATION, K.DEADLINE, K.BUDGET,
    ]  # fmt: skip


def test_the_same_value_is_reported_once_with_its_first_place():
    text = "Carry 1,000 requests per second. I repeat: 1000 req/s."
    found = requirements_of(text, note="We need 1,000 requests per second.")
    assert len(found) == 1
    assert found[0].evidence.start == 0
    assert found[0].evidence.origin is EvidenceOrigin.REQUIREMENT


def test_the_callers_notes_are_read_too():
    found = requirements_of("Build it.", legal="Fine print. It must comply with HIPAA.")
    assert [one.name for one in found] == ["HIPAA"]
    evidence = found[0].evidence
    assert (evidence.knowledge_id, evidence.origin) == ("context", EvidenceOrigin.CONTEXT)
    assert evidence.start == len("Fine print. ")


def test_quotes_are_verbatim_also_in_sentences_without_end():
    text = "and so on " * 200 + "with 99.95 % availability " + "and so on " * 200
    found = requirements_of(text)
    assert len(found) == 1
    evidence = found[0].evidence
    assert text[evidence.start : evidence.end] == evidence.quote
    assert "99.95 %" in evidence.quote
    assert len(evidence.quote) < 350


@pytest.mark.parametrize(
    "unit",
    [
        "1 ", "1,000 ", "9", "EUR 1 ", "integrate with A and ", "hosted in ", "by March ", "a.",
        "It must carry 1,000 requests per second by Q2 2027 in the EU with SAP. ", "not ", "Aa Bb ",
        "end of the ", "stored stored ", "budget EUR 5 ", "integrating ",
    ],
)  # fmt: skip
def test_a_hundred_thousand_characters_of_any_kind_take_a_second_or_two(unit: str):
    text = (unit * (MAX_REQUIREMENT_LENGTH // len(unit) + 1))[:MAX_REQUIREMENT_LENGTH]
    started = time.process_time()
    requirements_of(text)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("text", "kind", "magnitude"),
    [
        ("It must be available 99.5 percent of planned hours.", K.AVAILABILITY, 99.5),
        ("It must pass records to the ledger within 5 minutes.", K.LATENCY, 300),
        ("It may lose at most EUR 0.3 million in the first year.", K.BUDGET, 300_000),
    ],
)
def test_what_is_said_in_other_words_is_required_too(
    text: str, kind: RequirementKind, magnitude: float
):
    (found,) = requirements_of(text)
    assert (found.kind, found.quantity and found.quantity.magnitude) == (kind, magnitude)


def test_a_date_for_an_answer_is_no_date_for_the_delivery():
    assert requirements_of("Quillon expects an answer by 18 December 2026.") == ()
    (deadline,) = requirements_of(
        "We must deliver by 15 May 2027 and get an answer by 1 April 2027."
    )
    assert deadline.due == date(2027, 5, 15)


def test_a_day_without_its_year_is_the_next_one_from_when_it_was_asked():
    asked = AnalysisRequest(
        requirement="Go live by 31 March.",
        requirement_level=ConfidentialityLevel.INTERNAL,
        asked_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    (deadline,) = technical_requirements(asked, None)
    assert deadline.due == date(2027, 3, 31)
    assert technical_requirements(asked.model_copy(update={"asked_at": None}), None) == ()
