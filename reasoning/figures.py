"""Figures with units as a text states them: loads, delays, shares, volumes and sums of money.

A figure counts only with its unit beside it: a version, a year, a telephone number or `24/7` has
none and is left alone. Every figure keeps its place, so that it can be quoted. Rates are normalised
to seconds, volumes to bytes or rows (a day, where one is given), shares to percent.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from domain.analysis import Quantity


class FigureKind(StrEnum):
    """What a figure measures, before anything is said about whether it is required."""

    RATE = "rate"
    DURATION = "duration"
    SHARE = "share"
    VOLUME = "volume"
    MONEY = "money"


class Figure(NamedTuple):
    """A quantity and where it stands: `text[start:end]`."""

    kind: FigureKind
    quantity: Quantity
    start: int
    end: int


_SPACE = "[ \t\u00a0\u202f]"
_NUMBER = (
    r"(?<![\w.,:/+#-])(?P<number>\d{1,3}(?:[,’'\u00a0\u202f ]\d{3}){1,4}(?![\d])(?:\.\d{1,4})?"
    r"|\d{1,12}(?:\.\d{1,6})?|\d{1,3},\d{1,2}(?!\d))"
)
_SCALE = r"(?P<scale>thousand|million|billion|mn|bn|[kKmM](?![\w/]))?"
_COUNT = rf"{_NUMBER}(?P<plus>\+)?{_SPACE}?{_SCALE}{_SPACE}{{0,2}}(?:(?:or|and){_SPACE}(?:more|above){_SPACE})?"
_FACTORS = {
    "": 1.0,
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "b": 1e9,
    "billion": 1e9,
}

_REQUESTS = (
    r"req(?:uest)?s?|api calls?|calls?|quer(?:y|ies)|transactions?|searches|look-?ups?"
    r"|page views?|hits?|logins?"
)
_EVENTS = (
    r"events?|messages?|msgs?|readings?|updates?|measurements?|notifications?|orders?|payments?"
    r"|bookings?|scans?|shipments?|parcels?|jobs?|positions?|signals?|telemetry points?"
    r"|data points?"
    r"|ops|operations?|writes?|reads?|inferences?|alerts?|invoices?|claims?"
)
_ROWS = r"rows?|records?|documents?|lines|entries|files|images|objects"
_EVERY = r"(?:/|per|a|an|each|every)"
_PERIOD = r"(?P<period>s|sec|secs|second|min|minute|h|hr|hour|day|week|month|year)"
_RATE = re.compile(
    rf"{_COUNT}(?:[a-z]+ly{_SPACE}|[a-z]{{3,14}}{_SPACE})?"
    rf"(?:(?P<requests>{_REQUESTS})|(?P<events>{_EVENTS})|(?P<rows>{_ROWS}))"
    rf"{_SPACE}?{_EVERY}{_SPACE}?{_PERIOD}\b",
    re.IGNORECASE,
)
_SHORT_RATE = re.compile(
    rf"{_COUNT}(?P<short>rps|qps|tps|req/s|reqs/s|eps|msg/s|ops/s)\b", re.IGNORECASE
)
_SHORT_UNITS = {
    "eps": "events_per_second",
    "msg/s": "events_per_second",
    "ops/s": "events_per_second",
}
_SECONDS_A_PERIOD = {
    "s": 1,
    "sec": 1,
    "secs": 1,
    "second": 1,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hr": 3600,
    "hour": 3600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_629_746,
    "year": 31_556_952,
}
_DURATION = re.compile(
    rf"{_NUMBER}{_SPACE}?-?(?P<unit>µs|us|microseconds?|ms|msecs?|milliseconds?|s|secs?|seconds?"
    rf"|minutes?)"
    r"(?![\w/])",
)
_SECONDS = (
    ("µs", 1e-6),
    ("us", 1e-6),
    ("micro", 1e-6),
    ("milli", 1e-3),
    ("ms", 1e-3),
    ("minute", 60.0),
    ("s", 1.0),
)
"""By the unit's beginning, the first that fits."""
_SHARE = re.compile(rf"{_NUMBER}{_SPACE}?(?:%|per{_SPACE}?cent\b|percent\b)", re.IGNORECASE)
_NINES = re.compile(r"\b(?P<count>two|three|four|five|six|[2-6])[ -](?:nines|9s)\b", re.IGNORECASE)
_NINES_COUNT = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_BYTES = re.compile(
    rf"{_NUMBER}{_SPACE}?(?:(?P<symbol>[kKMGTPE]i?B)|(?P<word>kilo|mega|giga|tera|peta|exa)bytes?)"
    rf"(?![\w])(?!{_SPACE}(?:of{_SPACE})?(?:RAM|memory))"
    rf"(?:(?:{_SPACE}of{_SPACE}[a-z]+(?:{_SPACE}[a-z]+)?)??{_SPACE}?{_EVERY}{_SPACE}?{_PERIOD}\b)?",
)
_BYTE_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4, "p": 5, "e": 6}
_ROW_COUNT = re.compile(
    rf"{_COUNT}(?:[a-z-]{{3,14}}{_SPACE}){{0,2}}(?:(?P<rows>rows|records|documents)"
    rf"|(?P<users>users))\b",
    re.IGNORECASE,
)
_CURRENCY_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "us$": "USD"}
_CURRENCY_WORDS = {
    "euro": "EUR",
    "euros": "EUR",
    "dollars": "USD",
    "dollar": "USD",
    "pounds": "GBP",
    "francs": "CHF",
}
_CODES = "EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|JPY|CAD|AUD"
_MONEY_SCALE = r"(?P<scale>thousand|million|billion|mn|bn|[kKmMbB](?![\w]))?"
_MONEY = re.compile(
    rf"(?:(?P<before>US\$|[€$£]"
    rf"|\b(?:{_CODES}))(?:{_SPACE}?)(?P<number>\d{{1,3}}(?:[,’'\u00a0\u202f ]\d{{3}}){{1,4}}"
    rf"(?:\.\d{{1,2}})?(?!\d)|\d{{1,12}}(?:\.\d{{1,4}})?){_SPACE}?-?{_MONEY_SCALE})"
    rf"|(?:{_NUMBER.replace('<number>', '<amount>')}{_SPACE}?"
    rf"{_MONEY_SCALE.replace('<scale>', '<multiple>')}{_SPACE}?"
    rf"(?P<after>(?:{_CODES})\b(?!{_SPACE}?\d)|€(?!{_SPACE}?\d)|(?:euros?|dollars?|pounds"
    rf"|francs)\b))"
)

_MAY_HOLD_FIGURES = re.compile(r"\d|nines|9s", re.IGNORECASE)


def figures_in(text: str) -> tuple[Figure, ...]:
    """Return the figures of *text* as they come; where two readings overlap, the longer stands."""
    if not _MAY_HOLD_FIGURES.search(text):
        return ()
    found = [*_rates(text), *_durations(text), *_shares(text), *_volumes(text), *_money(text)]
    found.sort(key=lambda figure: (figure.start, -figure.end, figure.kind))
    kept: list[Figure] = []
    for figure in found:
        if not kept or figure.start >= kept[-1].end:
            kept.append(figure)
        elif figure.end - figure.start > kept[-1].end - kept[-1].start:
            kept[-1] = figure
    return tuple(kept)


def _rates(text: str) -> list[Figure]:
    found: list[Figure] = []
    for match in _RATE.finditer(text):
        period = match["period"].lower()
        if match["rows"] and period not in {"s", "sec", "secs", "second", "min", "minute"}:
            unit, magnitude = "rows_per_day", _number(match) * 86_400 / _SECONDS_A_PERIOD[period]
            kind = FigureKind.VOLUME
        else:
            unit = "requests_per_second" if match["requests"] else "events_per_second"
            magnitude, kind = _number(match) / _SECONDS_A_PERIOD[period], FigureKind.RATE
        found.append(_figure(kind, magnitude, unit, match))
    for match in _SHORT_RATE.finditer(text):
        unit = _SHORT_UNITS.get(match["short"].lower(), "requests_per_second")
        found.append(_figure(FigureKind.RATE, _number(match), unit, match))
    return found


def _durations(text: str) -> list[Figure]:
    found: list[Figure] = []
    for match in _DURATION.finditer(text):
        unit = match["unit"]
        seconds = next(value for prefix, value in _SECONDS if unit.startswith(prefix))
        found.append(_figure(FigureKind.DURATION, _number(match) * seconds, "seconds", match))
    return found


def _shares(text: str) -> list[Figure]:
    found = [
        _figure(FigureKind.SHARE, _number(match), "percent", match)
        for match in _SHARE.finditer(text)
    ]
    for match in _NINES.finditer(text):
        word = match["count"].lower()
        nines = _NINES_COUNT.get(word) or int(word)
        magnitude = 100 - 10.0 ** (2 - nines)
        found.append(_figure(FigureKind.SHARE, magnitude, "percent", match))
    return found


def _volumes(text: str) -> list[Figure]:
    found: list[Figure] = []
    for match in _BYTES.finditer(text):
        symbol = match["symbol"] or match["word"]
        binary = bool(match["symbol"]) and "i" in symbol
        size = (1024.0 if binary else 1000.0) ** _BYTE_POWERS[symbol[0].lower()]
        magnitude, unit = _number(match) * size, "bytes"
        if match["period"]:
            magnitude *= 86_400 / _SECONDS_A_PERIOD[match["period"].lower()]
            unit = "bytes_per_day"
        found.append(_figure(FigureKind.VOLUME, magnitude, unit, match))
    for match in _ROW_COUNT.finditer(text):
        unit = "rows" if match["rows"] else "users"
        found.append(_figure(FigureKind.VOLUME, _number(match), unit, match))
    return found


def _money(text: str) -> list[Figure]:
    found: list[Figure] = []
    for match in _MONEY.finditer(text):
        sign = (match["before"] or match["after"]).lower()
        currency = _CURRENCY_SIGNS.get(sign) or _CURRENCY_WORDS.get(sign) or sign.upper()
        digits, scale = match["number"] or match["amount"], match["scale"] or match["multiple"]
        magnitude = _parsed(digits) * _FACTORS[(scale or "").lower()]
        found.append(_figure(FigureKind.MONEY, magnitude, currency, match))
    return found


def _figure(kind: FigureKind, magnitude: float, unit: str, match: re.Match[str]) -> Figure:
    quantity = Quantity(magnitude=round(magnitude, 9), unit=unit)
    return Figure(kind=kind, quantity=quantity, start=match.start(), end=match.end())


def _number(match: re.Match[str]) -> float:
    groups = match.groupdict()
    return _parsed(match["number"]) * _FACTORS[(groups.get("scale") or "").lower()]


def _parsed(digits: str) -> float:
    decimal_comma = re.fullmatch(r"\d{1,3},\d{1,2}", digits)
    if decimal_comma:
        return float(digits.replace(",", "."))
    return float(re.sub(r"[,’' \u00a0\u202f]", "", digits))
