from __future__ import annotations

from datetime import timedelta

import pytest

from domain.clearance import ConfidentialityLevel, Reader
from domain.errors import AccessDenied, NotFound
from domain.evidence import Labelled, Source
from domain.knowledge import ItemKey
from domain.summary import TimeHorizon
from storage.reports import ReportKind
from storage.stores import Stores
from tests.stores import (
    CONFIDENTIAL,
    INTERNAL,
    PUBLIC,
    TOP_SECRET,
    HandClock,
    item,
    reader_at,
)

ANN = reader_at(CONFIDENTIAL, "ann")


class Report(Labelled):
    """A result as small as can be."""

    text: str


def report(text: str, level: ConfidentialityLevel = INTERNAL, *cited: str) -> Report:
    sources = tuple(Source.of(item(name, "Text.", level)) for name in cited)
    return Report(text=text, confidentiality_level=level, sources=sources)


async def save(
    stores: Stores,
    report_id: str,
    saved: Report,
    *,
    reader: Reader = ANN,
    made_from: tuple[ItemKey, ...] = (),
    horizon: TimeHorizon | None = None,
) -> None:
    await stores.reports.save(
        saved,
        report_id=report_id,
        kind=ReportKind.BRIEFING,
        reader=reader,
        made_from=made_from,
        time_horizon=horizon,
    )


async def latest(
    stores: Stores,
    reader: Reader = ANN,
    *,
    kind: ReportKind = ReportKind.BRIEFING,
    horizon: TimeHorizon | None = None,
    other_than: str | None = None,
) -> Report | None:
    return await stores.reports.find_latest(
        Report, kind=kind, reader=reader, time_horizon=horizon, other_than=other_than
    )


async def test_the_last_report_comes_back_as_it_was_saved(stores: Stores, clock: HandClock):
    assert await latest(stores) is None
    await save(stores, "1", report("First."))
    clock.advance(timedelta(microseconds=1))
    second = report("Second 😀 'x'.", INTERNAL, "a", "b")
    await save(stores, "2", second)
    assert await latest(stores) == second
    assert await latest(stores, other_than="2") == report("First.")


async def test_reports_are_told_apart_by_reader_kind_and_horizon(stores: Stores):
    await save(stores, "1", report("Weekly."), horizon=TimeHorizon.WEEK)
    assert await latest(stores, horizon=TimeHorizon.WEEK) is not None
    assert await latest(stores) is None
    assert await latest(stores, horizon=TimeHorizon.MONTH) is None
    assert await latest(stores, reader_at(CONFIDENTIAL, "bob"), horizon=TimeHorizon.WEEK) is None
    assert await latest(stores, kind=ReportKind.SUMMARY, horizon=TimeHorizon.WEEK) is None


async def test_nothing_is_released_above_the_readers_clearance(stores: Stores):
    with pytest.raises(AccessDenied):
        await save(stores, "1", report("Hush.", TOP_SECRET))
    assert await latest(stores, reader_at(TOP_SECRET, "ann")) is None
    assert await stores.audit.verify() == 0


async def test_a_report_above_what_its_reader_may_see_now_is_not_found(
    stores: Stores, clock: HandClock
):
    await save(stores, "1", report("Open.", PUBLIC))
    clock.advance(timedelta(hours=1))
    await save(stores, "2", report("Hush.", CONFIDENTIAL))
    assert await latest(stores, reader_at(CONFIDENTIAL, "ann")) == report("Hush.", CONFIDENTIAL)
    assert await latest(stores, reader_at(INTERNAL, "ann")) == report("Open.", PUBLIC)


async def test_saving_again_under_an_id_changes_nothing(stores: Stores):
    await save(stores, "1", report("First."))
    await save(stores, "1", report("Second."))
    assert await latest(stores) == report("First.")
    assert await stores.audit.verify() == 1


async def test_erasing_takes_what_was_made_from_the_item_at_that_level_only(
    stores: Stores, clock: HandClock
):
    here, above = ItemKey("a", INTERNAL), ItemKey("a", TOP_SECRET)
    ceo = reader_at(TOP_SECRET, "ceo")
    await save(stores, "1", report("From a."), made_from=(here, ItemKey("b", PUBLIC)))
    await save(stores, "2", report("From a, above."), reader=ceo, made_from=(above,))
    clock.advance(timedelta(hours=1))
    await save(stores, "3", report("From a too."), made_from=(here, here))
    assert await stores.reports.erase_made_from(here) == ("1", "3")
    assert await latest(stores) is None
    assert await latest(stores, ceo) == report("From a, above.")
    assert await stores.reports.erase_made_from(here) == ()


async def test_a_release_is_audited_by_id_and_label(stores: Stores):
    await save(stores, "1", report("Hush.", CONFIDENTIAL))
    assert await stores.audit.verify() == 1


async def test_a_report_is_opened_by_its_reader_alone_and_each_denial_is_audited(
    stores: Stores, clock: HandClock
):
    await save(stores, "1", report("Open."))
    clock.advance(timedelta(hours=1))
    await save(stores, "2", report("Hush.", CONFIDENTIAL), horizon=TimeHorizon.WEEK)
    before = await stores.audit.verify()
    assert "Open." in (await stores.reports.open("1", ANN)).body
    assert await stores.audit.verify() == before
    assert "Hush." in (await stores.reports.open("2", ANN)).body
    assert await stores.audit.verify() == before + 1
    for report_id, reader in [
        ("0", ANN),
        ("1", reader_at(TOP_SECRET, "bob")),
        ("2", reader_at(INTERNAL, "ann")),
    ]:
        with pytest.raises(NotFound, match="No such item"):
            await stores.reports.open(report_id, reader)
    assert await stores.audit.verify() == before + 4


async def test_a_list_holds_what_the_reader_may_read_now_newest_first(
    stores: Stores, clock: HandClock
):
    await save(stores, "1", report("Open."))
    clock.advance(timedelta(hours=1))
    await save(stores, "2", report("Hush.", CONFIDENTIAL), horizon=TimeHorizon.WEEK)
    assert [entry.report_id for entry in await stores.reports.list(ANN, limit=9)] == ["2", "1"]
    assert [entry.report_id for entry in await stores.reports.list(ANN, limit=1)] == ["2"]
    (low,) = await stores.reports.list(reader_at(INTERNAL, "ann"), limit=9)
    assert (low.report_id, low.confidentiality_level) == ("1", INTERNAL)
    assert await stores.reports.list(reader_at(TOP_SECRET, "bob"), limit=9) == ()
