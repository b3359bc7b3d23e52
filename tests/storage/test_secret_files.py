"""A secret setting by reference: the variable, a file that it names, or a folder of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import InvalidInput
from storage.secret_files import secret_settings
from storage.settings import Settings

URL = "postgresql://me:hush@host/diarchy"


@pytest.mark.parametrize("name", secret_settings(Settings))
def test_every_secret_setting_may_lie_in_a_file(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    value = {"database_url": URL, "redis_url": "redis://:hush@host"}.get(name, "{}")
    file = tmp_path / "given"
    file.write_text(f"{value}\n")
    monkeypatch.delenv(f"DIARCHY_{name.upper()}", raising=False)
    monkeypatch.setenv(f"DIARCHY_{name.upper()}_FILE", str(file))
    settings = Settings()
    assert getattr(settings, name) == value
    assert "hush" not in repr(settings)


def test_what_is_secret_is_known():
    assert set(secret_settings(Settings)) >= {
        "database_url",
        "redis_url",
        "sealing_key",
        "lancedb_storage_options",
    }


def test_a_folder_of_secrets_gives_those_that_lie_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "diarchy_database_url").write_text(URL)
    monkeypatch.setenv("DIARCHY_SECRETS_DIR", str(tmp_path))
    assert Settings().database_url == URL
    assert Settings().sealing_key is None


def test_a_variable_comes_before_the_folder_and_an_argument_before_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "diarchy_database_url").write_text(URL)
    monkeypatch.setenv("DIARCHY_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("DIARCHY_DATABASE_URL", "postgresql://variable/diarchy")
    assert Settings().database_url == "postgresql://variable/diarchy"
    assert Settings(database_url="postgresql://given/diarchy").database_url is not None
    assert "given" in (Settings(database_url="postgresql://given/diarchy").database_url or "")


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    file = tmp_path / "url"
    file.write_text(URL)
    monkeypatch.setenv("DIARCHY_DATABASE_URL", URL)
    monkeypatch.setenv("DIARCHY_DATABASE_URL_FILE", str(file))
    with pytest.raises(InvalidInput, match="either DIARCHY_DATABASE_URL or") as told:
        Settings()
    assert "hush" not in str(told.value)


@pytest.mark.parametrize("reference", ["/nowhere/hush", "postgresql://me:hush@host/diarchy", "/"])
def test_a_reference_that_leads_nowhere_names_the_variable_and_nothing_else(
    reference: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DIARCHY_DATABASE_URL_FILE", reference)
    with pytest.raises(InvalidInput, match="DIARCHY_DATABASE_URL_FILE") as told:
        Settings()
    assert "hush" not in str(told.value)


def test_an_empty_secret_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    file = tmp_path / "key"
    file.write_text("\n")
    monkeypatch.setenv("DIARCHY_SEALING_KEY_FILE", str(file))
    with pytest.raises(InvalidInput, match="DIARCHY_SEALING_KEY_FILE: the file is empty"):
        Settings()


def test_a_folder_of_secrets_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIARCHY_SECRETS_DIR", "/nowhere/hush")
    with pytest.raises(InvalidInput, match="DIARCHY_SECRETS_DIR must name a folder") as told:
        Settings()
    assert "hush" not in str(told.value)


def test_a_wrong_value_in_a_file_is_refused_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    file = tmp_path / "url"
    file.write_text("mysql://me:hush@host")
    monkeypatch.setenv("DIARCHY_DATABASE_URL_FILE", str(file))
    with pytest.raises(ValueError, match="postgresql://") as told:
        Settings()
    assert "hush" not in str(told.value)
