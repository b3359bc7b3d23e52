from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.clearance import (
    Clearance,
    ConfidentialityLevel,
    effective_clearance,
    high_water_mark,
)

LEVELS = tuple(ConfidentialityLevel)
levels = st.sampled_from(LEVELS)


def test_the_levels_are_ordered_from_public_to_top_secret():
    assert [level.value for level in sorted(LEVELS, key=lambda level: level.rank)] == [
        "public",
        "internal",
        "confidential",
        "restricted",
        "top_secret",
    ]


@given(levels, levels)
def test_a_clearance_dominates_its_own_level_and_those_below(
    held: ConfidentialityLevel, asked: ConfidentialityLevel
):
    clearance = Clearance(level=held)
    assert clearance.dominates(asked) is (asked.rank <= held.rank)
    assert (asked in clearance.readable_levels) is clearance.dominates(asked)


@given(levels, st.none() | levels, levels)
def test_the_effective_clearance_is_the_least_of_the_three(
    registered: ConfidentialityLevel,
    asked: ConfidentialityLevel | None,
    ceiling: ConfidentialityLevel,
):
    effective = effective_clearance(
        Clearance(level=registered), max_confidentiality=asked, process_ceiling=ceiling
    )
    bounds = [registered, ceiling] if asked is None else [registered, ceiling, asked]
    assert effective.level.rank == min(bound.rank for bound in bounds)


@given(st.lists(levels))
def test_the_high_water_mark_covers_every_source_and_no_more(sources: list[ConfidentialityLevel]):
    mark = high_water_mark(sources)
    assert all(Clearance(level=mark).dominates(level) for level in sources)
    assert mark in [*sources, ConfidentialityLevel.PUBLIC]


@given(st.lists(levels))
def test_what_has_no_label_counts_as_most_secret(sources: list[ConfidentialityLevel]):
    assert high_water_mark([*sources, None]) is ConfidentialityLevel.TOP_SECRET


@pytest.mark.parametrize("level", [None, "", "TOP_SECRET", "secret", 4])
def test_a_level_that_is_none_of_the_five_makes_no_clearance(level: object):
    with pytest.raises(ValidationError):
        Clearance.model_validate({"level": level})


def test_a_clearance_cannot_be_raised_in_place():
    clearance = Clearance(level=ConfidentialityLevel.PUBLIC)
    with pytest.raises(ValidationError):
        clearance.level = ConfidentialityLevel.TOP_SECRET
