"""The index in an object store: a prefix and keys for each level, against a server that checks both."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from domain.clearance import ConfidentialityLevel
from domain.errors import InvalidInput, StorageError
from storage.knowledge_search import SearchQuery
from storage.stored_objects import open_objects
from tests.object_store import ObjectStore, all_holding, reaching
from tests.storage.contents import assert_index_is_right, windows_in_index
from tests.stores import CONFIDENTIAL, INTERNAL, TOP_SECRET, OpenHome, item, reader_at, store

LOW, VAULT, BASE = "company", "vault", "diarchy"
PHRASE = "Project Nightjar buys the whole Lisbon yard"
SECRET = item("nightjar", f"{PHRASE} in March, and nobody outside the board knows.", TOP_SECRET)
NOTES = tuple(item(f"n{number}", f"Note {number}: the plant lacks welders.") for number in range(5))
CEO, STAFF = reader_at(TOP_SECRET), reader_at(INTERNAL)
QUERY = [SearchQuery(text="Who lacks welders, and what is Nightjar?")]


class Company(NamedTuple):
    """The server, and the options and secrets of each level."""

    server: ObjectStore
    options: dict[str, dict[str, Any]]
    secrets: list[str]

    def settings(self, *levels: ConfidentialityLevel, **changed: Any) -> dict[str, Any]:
        """Return the settings of a process that holds the keys of *levels*."""
        named = {name: self.options[name] for name in ("all", *(level.value for level in levels))}
        options = {name: named[name] | changed.get(name, {}) for name in named}
        return {
            "lancedb_uri": f"s3://{LOW}/{BASE}",
            "lancedb_storage_options": json.dumps(options),
        }

    def objects(self) -> dict[str, bytes]:
        return self.server.objects(LOW) | self.server.objects(VAULT)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("keys")
    # Keys of the machine's own must reach nothing here.
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AWS_")}
    server = ObjectStore()
    server.start()
    server.make_bucket(LOW)
    server.make_bucket(VAULT)
    options: dict[str, dict[str, Any]] = {"all": reaching(server.url)}
    secrets: list[str] = []
    for level in ConfidentialityLevel:
        bucket = VAULT if level is TOP_SECRET else LOW
        keys = server.make_user(level.value, bucket, f"{BASE}/{level.value}")
        secrets.append(keys["aws_secret_access_key"])
        (folder / level.value).write_text(f"{secrets[-1]}\n")
        options[level.value] = {
            "uri": f"s3://{bucket}/{BASE}",
            "aws_access_key_id": keys["aws_access_key_id"],
            "aws_secret_access_key": {"file": str(folder / level.value)},
        }
    server.enforce()
    yield Company(server, options, secrets)
    server.stop()
    os.environ |= kept


@pytest.fixture
def everything(company: Company) -> dict[str, Any]:
    """The settings of a process that holds every key, over empty buckets."""
    company.server.empty(LOW)
    company.server.empty(VAULT)
    return company.settings(*ConfidentialityLevel)


async def test_each_level_lies_under_its_own_prefix_and_no_key_is_kept(
    open_home: OpenHome, company: Company, everything: dict[str, Any], home: Path
):
    stores = await open_home(**everything)
    await store(stores, *NOTES, SECRET)
    found, of_staff = [
        {one.knowledge_id for one in (await stores.knowledge.search(QUERY, reader))[0]}
        for reader in (CEO, STAFF)
    ]
    assert "nightjar" in found
    assert of_staff == {note.knowledge_id for note in NOTES}
    await assert_index_is_right(stores)
    assert not (home / "lancedb").exists()
    vault = company.server.objects(VAULT)
    assert {name.split("/")[1] for name in vault} == {"top_secret"}
    assert all_holding(vault, PHRASE)
    low = company.server.objects(LOW)
    assert {name.split("/")[1] for name in low} == {"internal"}
    for secret in company.secrets:
        assert all_holding(vault | low, secret) == []
        assert secret not in repr(stores.settings)
        assert secret not in repr(stores.settings.index_location(TOP_SECRET))


async def test_after_a_purge_no_object_holds_a_trace(
    open_home: OpenHome, company: Company, everything: dict[str, Any]
):
    stores = await open_home(**everything)
    await store(stores, *NOTES, SECRET)
    assert all_holding(company.objects(), PHRASE)
    await stores.knowledge.purge_item("nightjar", CEO)
    assert all_holding(company.objects(), PHRASE) == []
    await assert_index_is_right(stores)


async def test_a_trace_that_an_object_still_holds_is_told(
    open_home: OpenHome, company: Company, everything: dict[str, Any]
):
    stores = await open_home(**everything)
    await store(stores, *NOTES, SECRET)
    copy = company.server._client("s3")
    key = f"{BASE}/top_secret/copy"
    copy.put_object(Bucket=VAULT, Key=key, Body=SECRET.content.encode())
    with pytest.raises(StorageError, match="still holds a trace"):
        await stores.knowledge.purge_item("nightjar", CEO)
    copy.delete_object(Bucket=VAULT, Key=key)


async def test_an_index_that_is_lost_is_made_anew_from_the_truth(
    open_home: OpenHome, company: Company, everything: dict[str, Any]
):
    stores = await open_home(**everything)
    await store(stores, *NOTES, SECRET)
    before = await windows_in_index(stores)
    company.server.empty(LOW)
    company.server.empty(VAULT)
    again = await open_home(**everything)
    assert await again.knowledge.reindex() == len(NOTES) + 1
    assert await windows_in_index(again) == before


async def test_a_process_with_low_keys_serves_low_readers_and_leaves_the_rest_to_others(
    open_home: OpenHome, company: Company, everything: dict[str, Any]
):
    whole = await open_home(**everything)
    await store(whole, *NOTES)
    low = company.settings(ConfidentialityLevel.PUBLIC, INTERNAL)
    stores = await open_home(**low, process_ceiling=INTERNAL)
    (found,) = await stores.knowledge.search(QUERY, STAFF)
    assert {one.knowledge_id for one in found} == {note.knowledge_id for note in NOTES}
    with pytest.raises(StorageError, match="no keys to the index of the level confidential"):
        await stores.knowledge.search(QUERY, CEO)
    await whole.knowledge.delete_item("n0", CEO)
    await store(stores, SECRET)
    assert await stores.knowledge.pending() == 0
    assert await whole.knowledge.pending() == 1
    await whole.knowledge.drain_outbox()
    await assert_index_is_right(whole)


async def test_a_ceiling_above_the_keys_is_refused_before_anybody_asks(
    open_home: OpenHome, company: Company
):
    low = company.settings(ConfidentialityLevel.PUBLIC, INTERNAL)
    with pytest.raises(ValueError, match="DIARCHY_PROCESS_CEILING") as told:
        await open_home(**low, process_ceiling=CONFIDENTIAL)
    assert company.secrets[0] not in str(told.value)


async def test_keys_of_another_level_open_nothing_and_never_mean_fewer_results(
    open_home: OpenHome, company: Company, everything: dict[str, Any]
):
    await store(await open_home(**everything), *NOTES, SECRET)
    of_internal = {
        name: company.options["internal"][name]
        for name in ("aws_access_key_id", "aws_secret_access_key")
    }
    mixed = company.settings(*ConfidentialityLevel, top_secret=of_internal)
    stores = await open_home(**mixed)
    with pytest.raises(StorageError, match="refuses this process's keys") as told:
        await stores.knowledge.search(QUERY, CEO)
    assert company.secrets[1] not in str(told.value)
    (found,) = await stores.knowledge.search(QUERY, STAFF)
    assert len(found) == len(NOTES)
    with pytest.raises(StorageError, match="cannot be read back"):
        [file.read() for file in open_objects(stores.settings.index_location(TOP_SECRET))]


async def test_a_bucket_that_is_not_there_is_told(
    open_home: OpenHome, company: Company, monkeypatch: pytest.MonkeyPatch
):
    keys = company.server.keys_of_root
    monkeypatch.setenv("SECRET_OF_ROOT", keys["aws_secret_access_key"])
    nowhere = {
        "uri": "s3://nowhere/diarchy",
        "aws_access_key_id": keys["aws_access_key_id"],
        "aws_secret_access_key": {"env": "SECRET_OF_ROOT"},
    }
    gone = company.settings(*ConfidentialityLevel, internal=nowhere)
    with pytest.raises(StorageError, match="bucket of the vector index does not exist"):
        await store(await open_home(**gone), *NOTES)


async def test_a_key_file_that_is_not_there_is_told_by_its_place(
    open_home: OpenHome, company: Company
):
    lost = {"aws_secret_access_key": {"file": "/nowhere/hush"}}
    with pytest.raises(InvalidInput, match="internal, aws_secret_access_key") as told:
        await open_home(**company.settings(*ConfidentialityLevel, internal=lost))
    assert "hush" not in str(told.value)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("{", "must be a JSON object"),
        ('{"secret": {}}', "names are among: all"),
        ('{"internal": {"aws_secret_access_key": "hush"}}', "stands by reference"),
        ('{"internal": {"region": 1, "hush": "hush"}}', "must be a string"),
        ('{"internal": {"aws_session_token": {"vault": "hush"}}}', '{"file": path}'),
        ('{"internal": {"uri": "gs://hush"}}', "s3://bucket/prefix"),
    ],
)
async def test_options_that_cannot_be_meant_are_refused_without_repeating_them(
    open_home: OpenHome, options: str, expected: str
):
    with pytest.raises(ValueError, match="lancedb_storage_options") as told:
        await open_home(lancedb_storage_options=options)
    assert expected in str(told.value)
    assert '"hush"' not in str(told.value)
