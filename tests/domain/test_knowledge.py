from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from domain.clearance import ConfidentialityLevel
from domain.knowledge import (
    MAX_ID_LENGTH,
    MAX_TAGS,
    MAX_TITLE_LENGTH,
    Domain,
    ItemKey,
    KnowledgeCategory,
    KnowledgeItem,
    domain_of,
)
from tests.stores import INTERNAL, TOP_SECRET, item

LATER = datetime(2027, 1, 1, tzinfo=UTC)


def test_every_category_is_in_exactly_one_domain():
    everywhere = [category for domain in Domain for category in domain.categories]
    assert sorted(everywhere) == sorted(KnowledgeCategory)
    for domain in Domain:
        assert all(domain_of(category) is domain for category in domain.categories)


@pytest.mark.parametrize(
    "change",
    [
        {"strategic_priority": 0},
        {"strategic_priority": 11},
        {"strategic_priority": "5"},
        {"strategic_priority": 5.0},
        {"strategic_priority": True},
        {"category": "gossip"},
        {"confidentiality_level": "hush"},
        {"confidentiality_level": None},
        {"knowledge_id": ""},
        {"knowledge_id": " a"},
        {"knowledge_id": "a\nb"},
        {"knowledge_id": "a\x00"},
        {"knowledge_id": "\ud800"},
        {"knowledge_id": "x" * (MAX_ID_LENGTH + 1)},
        {"title": "x" * (MAX_TITLE_LENGTH + 1)},
        {"title": "a\tb"},
        {"content": ""},
        {"content": " \n"},
        {"content": "a\x00b"},
        {"content": "\udfff"},
        {"tags": ("t",) * (MAX_TAGS + 1)},
        {"tags": ("",)},
        {"source": "a\x00"},
        {"created_at": LATER.replace(tzinfo=None)},
        {"created_at": LATER},
        {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"colour": "red"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_no_knowledge_item_is_refused_without_repeating_it(change: dict[str, Any]):
    valid = dict(item("a", "Text.", title="hush"))
    with pytest.raises(ValidationError) as refused:
        KnowledgeItem.model_validate(valid | change)
    assert "hush" not in str(refused.value)


def test_times_are_kept_in_utc():
    vienna = timezone(timedelta(hours=2))
    kept = item("a", "Text.", updated_at=datetime(2026, 5, 4, 10, tzinfo=vienna))
    assert kept.updated_at == datetime(2026, 5, 4, 8, tzinfo=UTC)
    assert kept.updated_at.tzinfo is UTC


def test_an_item_is_addressed_by_id_and_level_together():
    assert item("a", "Text.").key == ItemKey("a", INTERNAL)
    assert item("a", "Text.").key != item("a", "Text.", TOP_SECRET).key


def test_an_item_survives_json():
    given = item("a😀", "Text\n'x'", ConfidentialityLevel.RESTRICTED, metadata={"n": [1, None]})
    assert KnowledgeItem.model_validate_json(given.model_dump_json()) == given


def test_an_item_cannot_be_changed_in_place():
    with pytest.raises(ValidationError):
        item("a", "Text.").confidentiality_level = ConfidentialityLevel.PUBLIC
