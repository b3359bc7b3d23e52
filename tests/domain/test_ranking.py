from __future__ import annotations

import random
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from domain.ranking import CANDIDATES, PASSAGES, Candidate, Candidates, RankedItem, rank


def window(
    name: str,
    cosine: float,
    text_score: float = 0,
    *,
    priority: int = 5,
    level: int = 1,
    start: int = 0,
    version: int = 1,
    coverage: float = 1,
) -> Candidate:
    return Candidate(
        item_key=f"{name}@{level}",
        knowledge_id=name,
        level_rank=level,
        strategic_priority=priority,
        version=version,
        start=start,
        length=10,
        cosine=cosine,
        text_score=text_score,
        coverage=coverage,
    )


def ranked(found: Iterable[Candidate], limit: int | None = None) -> list[RankedItem]:
    return rank(Candidates.of(found), limit=limit)


def order(*candidates: Candidate) -> list[str]:
    return [item.windows[0].candidate.knowledge_id for item in ranked(candidates)]


candidates = st.lists(
    st.builds(
        window,
        st.sampled_from("abcdefgh"),
        st.floats(-1, 1, width=32),
        st.floats(0, 30, width=32),
        priority=st.integers(1, 10),
        level=st.integers(0, 4),
        start=st.integers(0, 5),
    ),
    max_size=30,
    unique_by=lambda found: (found.item_key, found.start),
)


@given(candidates)
def test_every_item_comes_once_with_its_relevance_in_bounds(found: list[Candidate]):
    items = ranked(found)
    assert {item.item_key for item in items} == {candidate.item_key for candidate in found}
    assert len(items) == len({item.item_key for item in items})
    for item in items:
        assert 0 <= item.relevance <= 1
        assert 1 <= len(item.windows) <= PASSAGES
        scores = [one.score for one in item.windows]
        assert scores == sorted(scores, reverse=True)


@given(candidates, st.randoms())
def test_the_order_does_not_depend_on_how_the_candidates_came(
    found: list[Candidate], chance: random.Random
):
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert ranked(shuffled) == ranked(found)


def test_nothing_is_ranked_of_nothing():
    assert ranked([]) == []


def test_meaning_and_words_each_lift_and_both_together_lift_most():
    found = order(
        window("neither", 0.3),
        window("meaning", 0.8),
        window("words", 0.3, 9.0),
        window("both", 0.8, 9.0),
    )
    assert found[0] == "both"
    assert found[-1] == "neither"


def test_ties_are_broken_by_id_then_level():
    alike = [window("b", 0.5), window("a", 0.5, level=3), window("a", 0.5, level=1)]
    assert [item.item_key for item in ranked(alike)] == ["a@1", "a@3", "b@1"]


def test_the_last_bits_of_a_score_decide_nothing():
    assert order(window("b", 0.5000001), window("a", 0.5)) == ["a", "b"]
    assert order(window("b", 0.5000001), window("a", 0.5), window("c", 0.2)) == ["a", "b", "c"]
    equal = {item.relevance for item in ranked([window("b", 0.50000001), window("a", 0.5)])}
    assert len(equal) == 1


def test_priority_lifts_between_near_equals_and_not_across_a_real_difference():
    near = (window("low", 0.81, priority=1), window("high", 0.8, priority=10), window("z", 0.0))
    assert order(*near)[0] == "high"
    far = (window("low", 0.81, priority=1), window("high", 0.6, priority=10), window("z", 0.0))
    assert order(*far)[0] == "low"


def test_a_weak_best_match_is_not_made_strong_by_scaling():
    (alone,) = ranked([window("a", 0.2)])
    assert alone.relevance <= 0.2


def test_the_two_versions_of_an_item_that_moves_are_kept_apart():
    before = window("a", 0.5, version=1)._replace(item_key="one", level_rank=2)
    after = window("a", 0.5, version=2)._replace(item_key="one", level_rank=1)
    assert sorted((item.level_rank, item.version) for item in ranked([before, after])) == [
        (1, 2),
        (2, 1),
    ]


def test_only_the_strongest_by_meaning_or_by_words_are_weighed():
    many = [window(f"n{number:04}", 0.9) for number in range(CANDIDATES)]
    found = order(*many, window("words", 0.1, 5.0), window("weak", 0.1))
    assert "words" in found
    assert "weak" not in found


def test_what_is_neither_near_nor_holds_half_of_the_words_is_not_returned():
    found = order(
        window("near", 0.25, coverage=0),
        window("named", 0.1, 3, coverage=0.5),
        window("neither", 0.2, 2, coverage=0.4),
    )
    assert sorted(found) == ["named", "near"]


def test_what_is_below_the_floor_takes_nobodys_place():
    found = ranked([window("low", 0.2, 9, coverage=0), window("b", 0.3), window("a", 0.3)], limit=2)
    assert [item.windows[0].candidate.knowledge_id for item in found] == ["a", "b"]
