from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from domain.analysis import ImplementationTimeline
from domain.knowledge import Domain
from presentation.composition import MOST_SKETCHED
from presentation.risk_picture import DrawnRisk, risk_picture
from presentation.timeline_picture import timeline_picture
from tests.presentation.samples import NOW

GRADES = st.integers(1, 5)
PLACES = st.lists(st.tuples(st.integers(1, 10), GRADES, GRADES), min_size=1, max_size=40)


def drawn(places: list[tuple[int, int, int]]) -> list[DrawnRisk]:
    return [
        DrawnRisk(
            number=number,
            title=f"Risk {number}",
            statement=f"Thing {number} may happen.",
            domain=list(Domain)[number % 3],
            priority=priority,
            severity=severity,
            likelihood=likelihood,
        )
        for number, (priority, severity, likelihood) in enumerate(places, start=1)
    ]


@given(PLACES)
def test_no_dot_covers_another_or_leaves_the_field(places: list[tuple[int, int, int]]):
    (picture,) = risk_picture(drawn(places))
    (sketch,) = risk_picture(drawn(places[:MOST_SKETCHED]), compact=True)
    assert picture.wide is not None
    assert sketch.wide is None
    for plot in (picture.wide, picture.narrow, sketch.narrow):
        for position, dot in enumerate(plot.dots):
            assert plot.left < dot.x < plot.right
            assert plot.top < dot.y < plot.bottom
            for other in plot.dots[:position]:
                assert math.hypot(dot.x - other.x, dot.y - other.y) >= 2 * plot.radius


@given(PLACES)
def test_the_key_names_every_dot(places: list[tuple[int, int, int]]):
    (picture,) = risk_picture(drawn(places))
    numbers = [entry.badge for entry in picture.key]
    assert numbers == [str(dot.number) for dot in picture.narrow.dots]
    assert len(numbers) == len(places)


def test_risks_of_one_item_are_told_apart_by_what_they_say():
    first, second, third = drawn([(5, 2, 2)] * 3)
    second = replace(second, title=first.title)
    (picture,) = risk_picture([first, second, third])
    assert [entry.text for entry in picture.key] == [
        "Risk 1: Thing 1 may happen.",
        "Risk 1: Thing 2 may happen.",
        "Risk 3",
    ]


def test_a_dot_alone_stands_where_its_figures_put_it():
    low, high = (
        risk_picture(drawn([place]))[0].narrow.dots[0] for place in ((1, 1, 1), (10, 5, 5))
    )
    assert not low.moved
    assert not high.moved
    assert high.x > low.x
    assert high.y < low.y


def test_without_risks_there_is_no_picture():
    assert risk_picture([]) == []


def test_a_date_before_the_shortest_estimate_is_called_so():
    timeline = ImplementationTimeline(minimum_weeks=14, maximum_weeks=22)
    (early,) = timeline_picture(timeline, now=NOW, deadline=date(2026, 12, 31))
    assert "before even the shortest estimate" in early.description
    (late,) = timeline_picture(timeline, now=NOW, deadline=date(2027, 12, 31))
    assert "after the longest estimate" in late.description
    (between,) = timeline_picture(timeline, now=NOW, deadline=date(2027, 3, 31))
    assert "18 weeks away: within the range" in between.description
    assert between.bar.start < (between.bar.deadline or 0) < between.bar.end


@given(st.integers(1, 2000), st.integers(0, 2000), st.dates(date(2020, 1, 1), date(2090, 1, 1)))
def test_the_bar_stays_within_its_axis(least: int, more: int, deadline: date):
    timeline = ImplementationTimeline(minimum_weeks=least, maximum_weeks=least + more)
    (picture,) = timeline_picture(timeline, now=NOW, deadline=deadline)
    bar = picture.bar
    assert bar.left <= bar.start <= bar.end <= bar.right
    assert bar.left <= (bar.deadline or 0) <= bar.right
    assert 2 <= len(bar.ticks) <= 6


def test_without_a_range_there_is_no_bar():
    assert timeline_picture(ImplementationTimeline(), now=NOW, deadline=None) == []
