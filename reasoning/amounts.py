"""Quantities, dates and requirements as a person says them: "EUR 1.8 million", "200 ms", "25 weeks".

One way to write each, so that two findings about the same figure read alike.
"""

from __future__ import annotations

from datetime import date, timedelta

from domain.analysis import Comparison, Quantity, RequirementKind, TechnicalRequirement

_RATES = {
    "requests_per_second": "requests per second",
    "events_per_second": "events per second",
    "rows_per_day": "rows a day",
    "rows": "rows",
    "users": "users",
}
_BYTE_UNITS = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_BOUNDS = {Comparison.AT_LEAST: "at least ", Comparison.AT_MOST: "at most ", Comparison.EXACTLY: ""}
_SUBJECTS = {
    RequirementKind.THROUGHPUT: "",
    RequirementKind.LATENCY: "a delay of ",
    RequirementKind.AVAILABILITY: "availability of ",
    RequirementKind.DATA_VOLUME: "a volume of ",
    RequirementKind.COMPLIANCE: "compliance with ",
    RequirementKind.RESIDENCY: "data kept in ",
    RequirementKind.INTEGRATION: "integration with ",
    RequirementKind.DEADLINE: "completion ",
    RequirementKind.BUDGET: "a budget of ",
}


def amount(quantity: Quantity) -> str:
    """Return *quantity* with its unit, scaled so that the figure is short."""
    unit, magnitude = quantity.unit, quantity.magnitude
    if unit in _RATES:
        return f"{_number(magnitude)} {_RATES[unit]}"
    if unit == "seconds":
        return _delay(magnitude)
    if unit == "percent":
        return f"{magnitude:.6g} %"
    if unit in {"bytes", "bytes_per_day"}:
        size = next((pair for pair in _BYTE_UNITS if magnitude >= pair[0]), (1.0, "bytes"))
        return f"{magnitude / size[0]:.4g} {size[1]}{' a day' if unit.endswith('day') else ''}"
    return f"{unit} {_sum(magnitude)}"


def requirement_in_words(requirement: TechnicalRequirement) -> str:
    """Return *requirement* as a noun phrase: "at least 1,000 requests per second"."""
    subject = _SUBJECTS[requirement.kind]
    if requirement.quantity is not None:
        return f"{subject}{_BOUNDS[requirement.comparison]}{amount(requirement.quantity)}"
    if requirement.due is not None:
        return f"{subject}by {day(requirement.due)}"
    if requirement.period is not None:
        return f"{subject}within {weeks(requirement.period)}"
    name = requirement.name or ""
    article = "the " if name in {"EU", "United Kingdom", "United States", "Netherlands"} else ""
    return f"{subject}{article}{name}"


def day(value: date) -> str:
    """Return *value* as "31 March 2027"."""
    return f"{value.day} {value:%B} {value.year}"


def weeks(duration: timedelta) -> str:
    """Return *duration* in whole weeks."""
    count = round(duration / timedelta(weeks=1))
    return f"{count} week{'' if count == 1 else 's'}"


def _delay(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.4g} ms"
    if seconds >= 120 and seconds % 60 == 0:  # noqa: PLR2004 -- two minutes
        return f"{seconds / 60:.4g} minutes"
    return f"{seconds:.4g} second{'' if seconds == 1 else 's'}"


def _sum(magnitude: float) -> str:
    if magnitude >= 1e9:  # noqa: PLR2004 -- a billion
        return f"{magnitude / 1e9:.4g} billion"
    if magnitude >= 1e6:  # noqa: PLR2004 -- a million
        return f"{magnitude / 1e6:.4g} million"
    return _number(magnitude)


def _number(magnitude: float) -> str:
    if magnitude >= 100 or magnitude == int(magnitude):  # noqa: PLR2004 -- three digits say enough
        return f"{magnitude:,.0f}"
    return f"{magnitude:.3g}"
