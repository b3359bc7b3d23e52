"""A principal is briefed by itself as often as the registry says, until it is revoked."""

import pytest

from domain.errors import NotFound
from domain.summary import Cadence
from storage.stores import Stores
from tests.stores import CONFIDENTIAL, OpenHome


@pytest.fixture
async def stores(open_home: OpenHome) -> Stores:
    stores = await open_home()
    for name in ("ana", "ben"):
        await stores.principals.add(name, CONFIDENTIAL)
    return stores


async def test_subscriptions_add_up_and_end(stores: Stores) -> None:
    await stores.subscriptions.add("ben", [Cadence.WEEKLY])
    assert await stores.subscriptions.add("ana", [Cadence.MONTHLY, Cadence.WEEKLY]) == (
        Cadence.WEEKLY,
        Cadence.MONTHLY,
    )
    assert await stores.subscriptions.subscribers(Cadence.WEEKLY) == ("ana", "ben")
    assert await stores.subscriptions.remove("ana", [Cadence.WEEKLY]) == (Cadence.MONTHLY,)
    assert await stores.subscriptions.subscribers(Cadence.WEEKLY) == ("ben",)
    assert await stores.subscriptions.list() == {
        "ana": (Cadence.MONTHLY,),
        "ben": (Cadence.WEEKLY,),
    }


async def test_a_revoked_principal_gets_nothing_and_keeps_its_subscriptions(stores: Stores) -> None:
    await stores.subscriptions.add("ana", [Cadence.WEEKLY])
    await stores.principals.revoke("ana")
    assert await stores.subscriptions.subscribers(Cadence.WEEKLY) == ()
    await stores.principals.set_clearance("ana", CONFIDENTIAL)
    assert await stores.subscriptions.subscribers(Cadence.WEEKLY) == ("ana",)


async def test_only_the_registered_subscribe(stores: Stores) -> None:
    with pytest.raises(NotFound):
        await stores.subscriptions.add("nobody", [Cadence.WEEKLY])


async def test_a_change_is_audited_and_no_change_is_not(stores: Stores) -> None:
    await stores.subscriptions.add("ana", [Cadence.WEEKLY])
    before = await stores.audit.verify()
    await stores.subscriptions.add("ana", [Cadence.WEEKLY])
    assert await stores.audit.verify() == before
    await stores.subscriptions.remove("ana", [Cadence.WEEKLY])
    assert await stores.audit.verify() == before + 1
