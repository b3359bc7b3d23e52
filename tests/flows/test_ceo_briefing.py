"""An edition says what needs a decision and what changed since this reader's last one."""

from datetime import timedelta

import pytest

from domain.briefing import CeoBriefing, ChangeKind
from domain.errors import AccessDenied
from domain.knowledge import Domain
from domain.summary import TimeHorizon
from flows import ceo_briefing, strategic_summary
from storage.stores import Stores
from tests.flows.conftest import on_each_database
from tests.stores import CONFIDENTIAL, INTERNAL, RESTRICTED, HandClock


def kinds(briefing: CeoBriefing) -> dict[str, ChangeKind]:
    return {change.knowledge_id: change.kind for change in briefing.changes}


async def test_the_first_edition_is_all_news_and_asks_for_the_decision(company: Stores) -> None:
    del company
    briefing = await ceo_briefing("confidential")
    assert set(kinds(briefing)) == {"tracking-first", "platform-freeze", "budget-gap"}
    assert set(kinds(briefing).values()) == {ChangeKind.NEW}
    assert [one.evidence[0].knowledge_id for one in briefing.decisions] == ["budget-gap"]
    assert briefing.confidentiality_level is CONFIDENTIAL
    assert not briefing.nothing_material


@on_each_database
async def test_the_next_edition_tells_what_was_raised_removed_and_added(
    company: Stores, clock: HandClock
) -> None:
    first = await ceo_briefing("top_secret")
    clock.advance(timedelta(days=1))
    writer = await company.principals.get_reader("top_secret")
    await company.knowledge.update_item("platform-freeze", {"strategic_priority": 10}, writer)
    await company.knowledge.delete_item("tracking-first", writer)
    second = await ceo_briefing("top_secret")

    assert second.previous_briefing_id == first.briefing_id
    assert kinds(second)["platform-freeze"] is ChangeKind.ESCALATED
    assert kinds(second)["tracking-first"] is ChangeKind.RESOLVED
    assert kinds(second).get("budget-gap") in {ChangeKind.STILL_OPEN, None}


async def test_nothing_of_an_edition_above_a_lowered_clearance_reaches_the_next_one(
    company: Stores, clock: HandClock
) -> None:
    high = await ceo_briefing("top_secret")
    assert high.confidentiality_level is RESTRICTED
    await company.principals.set_clearance("top_secret", INTERNAL)
    clock.advance(timedelta(hours=1))
    low = await ceo_briefing("top_secret")
    assert low.confidentiality_level is INTERNAL
    assert "breach" not in low.model_dump_json()
    assert "budget-gap" not in low.model_dump_json()
    assert low.previous_briefing_id is None


async def test_an_expired_item_is_resolved_in_the_next_edition(
    company: Stores, clock: HandClock
) -> None:
    writer = await company.principals.get_reader("top_secret")
    soon = clock.now + timedelta(hours=1)
    await company.knowledge.update_item("breach", {"expires_at": soon}, writer)
    await ceo_briefing("top_secret")
    clock.advance(timedelta(hours=2))
    second = await ceo_briefing("top_secret")
    assert kinds(second)["breach"] is ChangeKind.RESOLVED
    assert "stranger" not in second.model_dump_json()


async def test_a_quiet_week_says_that_nothing_is_material(
    company: Stores, clock: HandClock
) -> None:
    writer = await company.principals.get_reader("top_secret")
    await company.knowledge.delete_item("budget-gap", writer)
    await ceo_briefing("internal")
    clock.advance(timedelta(days=30))
    quiet = await ceo_briefing("internal")
    assert quiet.nothing_material
    assert quiet.domains == ()


async def test_a_summary_keeps_to_its_domain(company: Stores) -> None:
    del company
    summary = await strategic_summary(Domain.TECHNICAL, TimeHorizon.MONTH, "top_secret")
    assert {source.knowledge_id for source in summary.sources} <= {"platform-freeze", "breach"}
    assert summary.items_considered == 2
    assert summary.confidentiality_level is RESTRICTED


async def test_a_revoked_reader_gets_no_edition(company: Stores) -> None:
    await company.principals.revoke("internal")
    with pytest.raises(AccessDenied):
        await ceo_briefing("internal")
    with pytest.raises(AccessDenied):
        await strategic_summary(Domain.MARKET, TimeHorizon.YEAR, "internal")
