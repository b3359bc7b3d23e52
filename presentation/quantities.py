"""Figures with units as people write them: 1,000 requests a second, 99.95 %, EUR 1.8 million.

Nothing is rounded away: a figure that a short form cannot hold exactly is written out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from domain.analysis import Comparison, Quantity, RequirementKind, TechnicalRequirement
from presentation.wording import counted, day

_NOUNS = {
    "requests_per_second": ("request", " a second"),
    "events_per_second": ("event", " a second"),
    "rows": ("row", ""),
    "users": ("user", ""),
}
_SHORT_FORMS = (
    (Decimal(10) ** 12, "trillion"),
    (Decimal(10) ** 9, "billion"),
    (Decimal(10) ** 6, "million"),
)
_BYTE_UNITS = tuple(
    (Decimal(1000) ** power, unit)
    for power, unit in ((6, "EB"), (5, "PB"), (4, "TB"), (3, "GB"), (2, "MB"), (1, "kB"))
)
_TIME_UNITS = ((604800, "week"), (86400, "day"), (3600, "hour"), (60, "minute"))
_SHORT_DECIMALS = 3
_LARGEST_IN_WORDS = Decimal(10) ** 20
_MIXED_LIMIT = 120
"""Up to two minutes read best in seconds."""

_COMPARISONS = {
    Comparison.AT_LEAST: "at least",
    Comparison.AT_MOST: "at most",
    Comparison.EXACTLY: "exactly",
}
_DUE = {Comparison.AT_LEAST: "not before", Comparison.AT_MOST: "by", Comparison.EXACTLY: "on"}


def requirement_value(requirement: TechnicalRequirement) -> str:
    """Return what *requirement* demands: `at least 99.95 %`, `GDPR`, `by 31 March 2027`."""
    if requirement.quantity is not None:
        return f"{_COMPARISONS[requirement.comparison]} {quantity_words(requirement.quantity)}"
    if requirement.due is not None:
        return f"{_DUE[requirement.comparison]} {day(requirement.due)}"
    if requirement.period is not None:
        bound = "within" if requirement.kind is RequirementKind.DEADLINE else "over"
        return f"{bound} {period_words(requirement.period)}"
    return requirement.name or ""


def quantity_words(quantity: Quantity) -> str:
    """Return *quantity* with its unit in words."""
    figure, unit = _exact(quantity.magnitude), quantity.unit
    if unit in _NOUNS:
        singular, suffix = _NOUNS[unit]
        return _amount(figure, singular) + suffix
    if unit in _SCALED:
        return _SCALED[unit](figure)
    if unit.isupper():
        return f"{unit} {number_words(figure)}"
    return f"{number_words(figure)} {unit.replace('_', ' ')}"


def period_words(period: timedelta) -> str:
    """Return *period* in its largest whole unit: `6 weeks`."""
    return _seconds(_exact(period.total_seconds()), longest_in_seconds=0)


def number_words(figure: Decimal) -> str:
    """Return `1,000`, `99.95` or `1.8 million`; the short form only where it is exact."""
    if _is_beyond_words(figure):
        return f"{figure:.3g}"
    for scale, name in _SHORT_FORMS:
        if abs(figure) >= scale:
            scaled = figure / scale
            if scaled == round(scaled, _SHORT_DECIMALS):
                return f"{_plain(scaled)} {name}"
            break
    return _plain(figure)


def _amount(figure: Decimal, singular: str) -> str:
    return f"{number_words(figure)} {singular if figure == 1 else singular + 's'}"


def _seconds(figure: Decimal, *, longest_in_seconds: int = _MIXED_LIMIT) -> str:
    if _is_beyond_words(figure):
        return f"{number_words(figure)} seconds"
    if 0 < figure < 1:
        return _amount(figure * 1000, "millisecond")
    if figure > longest_in_seconds:
        for scale, unit in _TIME_UNITS:
            if figure >= scale and figure % scale == 0:
                return counted(int(figure // scale), unit)
    return _amount(figure, "second")


def _bytes(figure: Decimal) -> str:
    if _is_beyond_words(figure):
        return f"{number_words(figure)} bytes"
    for scale, unit in _BYTE_UNITS:
        if figure >= scale and figure / scale == round(figure / scale, _SHORT_DECIMALS):
            return f"{_plain(figure / scale)} {unit}"
    return _amount(figure, "byte")


def _exact(magnitude: float) -> Decimal:
    return Decimal(repr(magnitude))


def _is_beyond_words(figure: Decimal) -> bool:
    return not figure.is_finite() or abs(figure) >= _LARGEST_IN_WORDS


def _plain(figure: Decimal) -> str:
    written = f"{figure:,f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


_SCALED: dict[str, Callable[[Decimal], str]] = {
    "percent": lambda figure: f"{number_words(figure)} %",
    "seconds": _seconds,
    "bytes": _bytes,
    "bytes_per_day": lambda figure: f"{_bytes(figure)} a day",
}
