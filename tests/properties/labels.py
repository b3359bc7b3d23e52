"""What must hold of the label of anything derived."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from domain.clearance import ConfidentialityLevel
from domain.evidence import Evidence, EvidenceOrigin, Labelled
from domain.knowledge import ItemKey
from tests.properties.corpora import Corpus


def highest(levels_found: Iterable[ConfidentialityLevel]) -> int:
    """Return the rank of the most secret of the levels, public for none."""
    return max((level.rank for level in levels_found), default=0)


def assert_within_its_label(
    result: Labelled, corpus: Corpus, clearance: ConfidentialityLevel
) -> None:
    """Nothing in *result* is above its label, every quote is verbatim, every cited item a source."""
    contents = {one.key: one.content for one in corpus.items}
    label = result.confidentiality_level.rank
    assert label <= clearance.rank
    for labelled in _instances(result, Labelled):
        assert labelled.confidentiality_level.rank <= label
    cited = list(_instances(result, Evidence))
    for evidence in cited:
        assert evidence.confidentiality_level.rank <= label
        if evidence.origin is EvidenceOrigin.KNOWLEDGE:
            content = contents[ItemKey(evidence.knowledge_id, evidence.confidentiality_level)]
            assert content[evidence.start : evidence.end] == evidence.quote
    named = {source.key for source in result.sources}
    assert {one.key for one in cited if one.origin is EvidenceOrigin.KNOWLEDGE} <= named


def _instances(value: object, kind: type[Any]) -> Iterator[Any]:
    if isinstance(value, kind):
        yield value
    if isinstance(value, BaseModel):
        for _, field in value:
            yield from _instances(field, kind)
    elif isinstance(value, (tuple, list)):
        for entry in value:  # pyright: ignore[reportUnknownVariableType] - of any type
            yield from _instances(entry, kind)
