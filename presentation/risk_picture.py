"""Where each risk stands: the strategic priority of what it threatens against its exposure.

Exposure is severity times likelihood, 1 to 25. Many risks share a place, so a dot that would cover
an earlier one moves to the nearest free spot, and a thin line ties it to where it belongs. The same
risks are always drawn the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from domain.knowledge import Domain
from domain.sentences import shortened
from presentation.document import Fact, Mark, RiskPicture, Statement
from presentation.plots import Dot, RiskPlot, Tick
from presentation.wording import counted, domain_name

MOST_DOTS = 24
"""More than this no one reads; the text lists the rest."""
LONGEST_WORDS = 48
"""Characters of a risk's statement that tell it apart from others of the same item."""

_LOWEST_PRIORITY, _HIGHEST_PRIORITY = 1, 10
_HIGHEST_EXPOSURE = 25
_EXPOSURE_TICKS = (1, 5, 10, 15, 20, 25)
_FIRST_ATTENTION_PRIORITY = 6.5
_FIRST_ATTENTION_EXPOSURE = 11
_SHAPES = {Domain.BUSINESS: "circle", Domain.TECHNICAL: "square", Domain.MARKET: "diamond"}
_GAP = 3.0
"""Least free space between two dots, in picture units."""


@dataclass(frozen=True, slots=True)
class DrawnRisk:
    """What the picture needs to know of a risk."""

    number: int
    """1 is the foremost."""
    title: str
    """Of the item that the risk was found in."""
    statement: str
    domain: Domain
    priority: int
    severity: int
    likelihood: int
    marks: tuple[Mark, ...] = ()

    @property
    def exposure(self) -> int:
        return self.severity * self.likelihood


def risk_picture(
    risks: Sequence[DrawnRisk], *, left_out: int = 0, compact: bool = False
) -> list[RiskPicture]:
    """Return the picture of *risks*, foremost first, or nothing when there are none.

    A *compact* one fits a narrow column at any width.
    """
    if not risks:
        return []
    domains = [domain for domain in Domain if any(risk.domain is domain for risk in risks)]
    foremost = risks[0]
    titles = Counter(risk.title for risk in risks)
    return [
        RiskPicture(
            anchor="risk-sketch" if compact else "risk-plot",
            title="Risks by strategic priority and exposure",
            description=(
                f"{counted(len(risks), 'numbered mark')}. Further right: what is at risk has a "
                "higher strategic priority. Further up: severity times likelihood is greater. "
                f"Foremost is number {foremost.number}, {foremost.title}, with priority "
                f"{foremost.priority} of 10 and exposure {foremost.exposure} of 25."
            ),
            wide=None if compact else _plot(risks, width=680, height=380, radius=11.5),
            narrow=_plot(risks, width=340, height=235 if compact else 350, radius=11),
            key=tuple(_key_entry(risk, told_apart=titles[risk.title] > 1) for risk in risks),
            shapes=tuple((_SHAPES[domain], domain_name(domain)) for domain in domains)
            if len(domains) > 1
            else (),
            left_out=left_out,
        )
    ]


def _key_entry(risk: DrawnRisk, *, told_apart: bool) -> Statement:
    """Return the key to one number; what several risks of one item say tells them apart."""
    words = f": {shortened(risk.statement, limit=LONGEST_WORDS)}" if told_apart else ""
    return Statement(
        text=f"{risk.title}{words}",
        marks=risk.marks,
        badge=str(risk.number),
        link=f"risk-{risk.number}",
        facts=(
            Fact("Priority", str(risk.priority)),
            Fact("Exposure", f"{risk.severity} × {risk.likelihood} = {risk.exposure}"),
        ),
    )


def _plot(risks: Sequence[DrawnRisk], *, width: float, height: float, radius: float) -> RiskPlot:
    left, right, top, bottom = 44.0, width - 10, 12.0, height - 46
    inset = radius + 6

    def column(priority: float) -> float:
        share = (priority - _LOWEST_PRIORITY) / (_HIGHEST_PRIORITY - _LOWEST_PRIORITY)
        return round(left + inset + share * (right - left - 2 * inset), 1)

    def row(exposure: float) -> float:
        share = (exposure - 1) / (_HIGHEST_EXPOSURE - 1)
        return round(bottom - inset - share * (bottom - top - 2 * inset), 1)

    dots: list[Dot] = []
    for risk in risks:
        true_x, true_y = column(risk.priority), row(risk.exposure)
        x, y = _free_spot(
            true_x,
            true_y,
            taken=dots,
            radius=radius,
            field=(left + radius + 2, top + radius + 2, right - radius - 2, bottom - radius - 2),
        )
        shape = _SHAPES[risk.domain]
        dots.append(Dot(risk.number, shape, true_x=true_x, true_y=true_y, x=x, y=y))
    priorities = range(_LOWEST_PRIORITY, _HIGHEST_PRIORITY + 1)
    return RiskPlot(
        width=width,
        height=height,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        radius=radius,
        first_attention=(column(_FIRST_ATTENTION_PRIORITY), row(_FIRST_ATTENTION_EXPOSURE)),
        columns=tuple(Tick(column(priority), str(priority)) for priority in priorities),
        rows=tuple(Tick(row(exposure), str(exposure)) for exposure in _EXPOSURE_TICKS),
        dots=tuple(dots),
    )


def _free_spot(
    true_x: float,
    true_y: float,
    *,
    taken: Sequence[Dot],
    radius: float,
    field: tuple[float, float, float, float],
) -> tuple[float, float]:
    """Return the true place, or the nearest place on widening rings around it that is free."""
    least = 2 * radius + _GAP
    ring = 0.0
    while ring <= field[2] + field[3]:
        for turn in _turns(max(1, math.ceil(4 * math.pi * ring / least))):
            x = round(true_x + ring * math.cos(turn), 1)
            y = round(true_y + ring * math.sin(turn), 1)
            inside = field[0] <= x <= field[2] and field[1] <= y <= field[3]
            if inside and all(math.hypot(dot.x - x, dot.y - y) >= least for dot in taken):
                return x, y
        ring += least / 4
    return true_x, true_y


def _turns(steps: int) -> list[float]:
    """Return directions around a circle, the most level first: exposure is the scale to keep."""
    turns = [2 * math.pi * step / steps for step in range(steps)]
    return sorted(turns, key=lambda turn: (round(abs(math.sin(turn)), 6), turn))
