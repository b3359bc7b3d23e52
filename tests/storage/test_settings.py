from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from domain.clearance import ConfidentialityLevel
from storage.settings import Settings
from tests.stores import INTERNAL


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DIARCHY_HOME", str(tmp_path))
    monkeypatch.setenv("DIARCHY_PROCESS_CEILING", "internal")
    settings = Settings()
    assert settings.home == tmp_path
    assert settings.process_ceiling is INTERNAL
    assert settings.lancedb_location == str(tmp_path / "lancedb")


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIARCHY_DATABASE_URL", "")
    assert Settings().database_url is None


def test_the_home_is_absolute_wherever_the_process_goes_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    assert Settings(home=Path("kept")).home == tmp_path / "kept"


@pytest.mark.parametrize("url", ["mysql://host/db", "diarchy", "postgresql"])
def test_only_known_databases_are_taken(url: str):
    with pytest.raises(ValidationError, match="postgresql:// or sqlite://"):
        Settings(database_url=url)


def test_no_secret_shows_in_errors_or_in_the_printed_settings():
    with pytest.raises(ValidationError) as refused:
        Settings(database_url="mysql://me:hush@host/db")
    assert "hush" not in str(refused.value)
    shown = repr(Settings(database_url="postgresql://me:hush@host/db", sealing_key="hush"))
    assert "hush" not in shown


@pytest.mark.parametrize("ceiling", ["TOP SECRET", "secret", "4"])
def test_an_unknown_ceiling_is_refused_not_ignored(ceiling: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIARCHY_PROCESS_CEILING", ceiling)
    with pytest.raises(ValidationError):
        Settings()


def test_a_clock_without_a_time_zone_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIARCHY_CLOCK", "2026-05-04T08:00:00")
    with pytest.raises(ValidationError, match="time zone"):
        Settings()


def test_unknown_settings_are_refused():
    with pytest.raises(ValidationError):
        Settings.model_validate({"hom": "here"})


def test_by_default_a_process_sees_all_and_the_pages_of_prefect_no_more_than_internal():
    assert Settings().process_ceiling is ConfidentialityLevel.TOP_SECRET
    assert Settings().ui_ceiling is INTERNAL


def test_a_redis_url_of_an_unknown_kind_is_refused_without_repeating_it():
    with pytest.raises(ValidationError) as refused:
        Settings(redis_url="http://:secret@host")
    assert "redis://" in str(refused.value)
    assert "secret" not in str(refused.value)
