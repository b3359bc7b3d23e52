from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import col, select

from domain.errors import AccessDenied, Conflict, InvalidInput, NotFound
from storage.stores import Stores
from storage.tables import AuditRow
from tests.stores import CONFIDENTIAL, INTERNAL, PUBLIC, TOP_SECRET, OpenHome


async def audited(stores: Stores) -> list[tuple[str, str, str]]:
    async with stores.database.reading() as session:
        rows = (await session.execute(select(AuditRow).order_by(col(AuditRow.sequence)))).scalars()
        return [(row.principal, row.action, row.outcome) for row in rows]


async def test_a_registered_principal_reads_at_its_registered_clearance(stores: Stores):
    await stores.principals.add("ann", CONFIDENTIAL)
    assert (await stores.principals.get_reader("ann")).clearance.level is CONFIDENTIAL


async def test_a_request_may_ask_for_less_and_never_gets_more(stores: Stores):
    await stores.principals.add("ann", CONFIDENTIAL)
    for asked, given in [(PUBLIC, PUBLIC), (TOP_SECRET, CONFIDENTIAL)]:
        assert (await stores.principals.get_reader("ann", asked)).clearance.level is given


async def test_the_ceiling_of_the_process_bounds_everyone(open_home: OpenHome):
    stores = await open_home(process_ceiling=INTERNAL)
    await stores.principals.add("ceo", TOP_SECRET)
    assert (await stores.principals.get_reader("ceo")).clearance.level is INTERNAL


@pytest.mark.parametrize(
    "name",
    [
        "nobody",
        "",
        " ann",
        "ANN",
        "ann\x00",
        "ann' OR '1'='1",
        "x" * 100_000,
        "\udcff",
        "ann\n",
        "анн",
    ],
)
async def test_whoever_is_not_registered_is_denied_and_the_denial_audited(
    stores: Stores, name: str
):
    await stores.principals.add("ann", INTERNAL)
    with pytest.raises(AccessDenied):
        await stores.principals.get_reader(name)
    who, action, outcome = (await audited(stores))[-1]
    assert (action, outcome) == ("identify", "denied")
    assert len(who) <= 200
    assert await stores.audit.verify() == 2


async def test_a_revoked_principal_is_denied_as_one_who_never_was(stores: Stores):
    await stores.principals.add("gone", TOP_SECRET)
    await stores.principals.revoke("gone")
    with pytest.raises(AccessDenied) as revoked:
        await stores.principals.get_reader("gone")
    with pytest.raises(AccessDenied) as unknown:
        await stores.principals.get_reader("never")
    assert str(revoked.value) == str(unknown.value)


async def test_a_name_is_registered_once_also_after_it_was_revoked(stores: Stores):
    await stores.principals.add("ann", INTERNAL)
    await stores.principals.revoke("ann")
    with pytest.raises(Conflict):
        await stores.principals.add("ann", TOP_SECRET)
    await stores.principals.set_clearance("ann", PUBLIC)
    assert (await stores.principals.get_reader("ann")).clearance.level is PUBLIC


@pytest.mark.parametrize("name", ["", " ", "a ", "a\nb", "a\x00", "x" * 201, "\ud800"])
async def test_names_that_a_log_could_not_tell_apart_are_refused(stores: Stores, name: str):
    with pytest.raises(InvalidInput):
        await stores.principals.add(name, PUBLIC)


@pytest.mark.parametrize("name", ["名前", "o'neill", "ceo office", "😀", "x" * 200])
async def test_names_may_be_of_any_script(stores: Stores, name: str):
    await stores.principals.add(name, PUBLIC)
    assert (await stores.principals.get_reader(name)).name == name


async def test_changing_who_is_not_there_is_told(stores: Stores):
    for change in (stores.principals.revoke("no"), stores.principals.set_clearance("no", PUBLIC)):
        with pytest.raises(NotFound):
            await change


async def test_every_change_is_audited_and_the_list_is_by_name(stores: Stores):
    await stores.principals.add("b", PUBLIC)
    await stores.principals.add("a", INTERNAL)
    await stores.principals.set_clearance("a", CONFIDENTIAL)
    await stores.principals.revoke("b")
    actions: list[Any] = [action for _, action, _ in await audited(stores)]
    assert actions == [
        "principal_added",
        "principal_added",
        "principal_changed",
        "principal_revoked",
    ]
    listed = await stores.principals.list()
    assert [(one.name, one.revoked_at is not None) for one in listed] == [("a", False), ("b", True)]
