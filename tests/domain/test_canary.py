from __future__ import annotations

import base64
import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canary import (
    CANARY_LETTERS,
    Canary,
    CanaryFound,
    Leak,
    Place,
    PlaceKind,
    leaks_in,
    require_clean,
)
from domain.clearance import ConfidentialityLevel as Level

TOKENS = {level: letter * 10 + "bcdfghjklm" for level, letter in zip(Level, "npqrs", strict=True)}
CANARIES = [Canary(level, token) for level, token in TOKENS.items()]
LOG = Place(PlaceKind.LOG, "1")
SECRET = TOKENS[Level.TOP_SECRET]

FORMS = {
    "plain": SECRET.encode(),
    "shouted": SECRET.upper().encode(),
    "capitalised": SECRET.capitalize().encode(),
    "json": json.dumps({"a": SECRET}).encode(),
    "utf-16-le": SECRET.encode("utf-16-le"),
    "utf-16-be": SECRET.encode("utf-16-be"),
    "hex": SECRET.encode().hex().encode(),
    "hex, upper case": SECRET.encode().hex().upper().encode(),
    "gzip": b"x" + gzip.compress(f"says {SECRET}.".encode()),
    "zlib": zlib.compress(f"says {SECRET}.".encode()),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_canary_is_found_in_every_form(form: bytes):
    assert leaks_in(LOG, form, CANARIES) == [Leak(LOG, Level.TOP_SECRET)]
    assert leaks_in(LOG, b"before " + form + b" after", CANARIES) or form == FORMS["zlib"]


@given(before=st.binary(max_size=7), after=st.binary(max_size=7), urlsafe=st.booleans())
def test_a_canary_is_found_in_base64_whatever_stands_around_it(
    before: bytes, after: bytes, urlsafe: bool
):
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    for written in (SECRET, SECRET.upper(), SECRET.capitalize()):
        encoded = encode(before + written.encode() + after)
        assert leaks_in(LOG, encoded, CANARIES) == [Leak(LOG, Level.TOP_SECRET)]


@given(st.binary(max_size=300) | st.text(alphabet=CANARY_LETTERS, max_size=300).map(str.encode))
def test_nothing_is_found_where_no_canary_stands(content: bytes):
    clean = content if SECRET.encode() not in content else b""
    assert leaks_in(LOG, clean, CANARIES[-1:]) == []


@pytest.mark.parametrize("ceiling", [None, *Level])
def test_only_what_is_above_the_ceiling_of_a_place_is_a_leak(ceiling: Level | None):
    place = Place(PlaceKind.ARTIFACT, "a", ceiling)
    everything = " ".join(TOKENS.values()).encode()
    found = {leak.level for leak in leaks_in(place, everything, CANARIES)}
    assert found == {level for level in Level if ceiling is None or level.rank > ceiling.rank}


def test_what_is_raised_names_where_and_not_what():
    require_clean([])
    leaks = [Leak(Place(PlaceKind.LOG, str(number)), Level.RESTRICTED) for number in range(12)]
    with pytest.raises(CanaryFound) as raised:
        require_clean([*leaks, *leaks])
    assert "12 places" in str(raised.value)
    assert "log 0 (restricted)" in str(raised.value)
    assert str(raised.value).endswith("and 2 more")
    assert not any(token in str(raised.value) for token in TOKENS.values())


@pytest.mark.parametrize("token", ["", "bcdfghjk", "a" * 20, "bcdfghjklmnpqrst1"])
def test_a_canary_is_a_word_that_stands_nowhere_by_chance(token: str):
    with pytest.raises(ValueError, match="a canary has"):
        Canary(Level.PUBLIC, token)


def test_the_longest_form_is_long_enough_for_files_read_in_pieces():
    for canary in CANARIES:
        assert canary.longest_form >= max(map(len, canary._folded))
