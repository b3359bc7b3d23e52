from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.analysis import StrategicAlignment
from domain.evidence import Source
from reasoning.confidence import HALF_LIFE, agreement_of, confidence, freshness_of
from tests.reasoning.corpus import ITEMS, NOW

_FACTORS = ("coverage", "relevance", "freshness", "agreement")
_share = st.floats(0, 1)
_factors = st.fixed_dictionaries(dict.fromkeys(_FACTORS, _share))


@given(_factors, st.sampled_from(_FACTORS), _share)
def test_confidence_grows_with_each_factor(factors: dict[str, float], name: str, other: float):
    low, high = sorted((factors[name], other))
    assert confidence(**{**factors, name: low}) <= confidence(**{**factors, name: high})


@given(_factors)
def test_confidence_stays_between_0_and_1(factors: dict[str, float]):
    assert 0 <= confidence(**factors) <= 1


@given(_factors)
def test_confidence_is_0_without_coverage(factors: dict[str, float]):
    assert confidence(**{**factors, "coverage": 0}) == 0


def test_confidence_is_1_when_nothing_is_missing():
    assert confidence(coverage=1, relevance=1, freshness=1, agreement=1) == 1


def test_freshness_halves_with_each_half_life():
    source = Source.of(ITEMS[0]).model_copy(update={"updated_at": NOW - HALF_LIFE})
    assert freshness_of([source], NOW) == 0.5
    assert freshness_of([source.model_copy(update={"updated_at": NOW})], NOW) == 1
    assert freshness_of([source], NOW - HALF_LIFE - timedelta(days=9)) == 1
    assert freshness_of([], NOW) == 0


def test_agreement_is_whole_where_nothing_speaks_either_way():
    assert agreement_of(StrategicAlignment(strength=0)) == 1
