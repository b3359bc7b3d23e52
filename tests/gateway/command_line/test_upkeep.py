from pathlib import Path

import pytest

from tests.gateway.command_line.company import fill
from tests.gateway.command_line.terminal import diarchy


@pytest.fixture
def own_home(tmp_path: Path) -> Path:
    """A home with the company in it that the test may change."""
    fill(tmp_path / "home")
    return tmp_path / "home"


def test_a_home_is_backed_up_and_restored_with_its_keys_apart(own_home: Path, tmp_path: Path):
    folder, keys, new = tmp_path / "backups", tmp_path / "keys", tmp_path / "new"
    folder.mkdir()
    saved = diarchy("backup", str(folder), "--key-file", str(keys), home=own_home)
    (file,) = folder.iterdir()
    assert saved.returncode == 0
    assert str(file) in saved.stdout
    assert keys.read_text().strip() == (own_home / "sealing.key").read_text().strip()
    assert keys.stat().st_mode & 0o077 == 0

    restored = diarchy("restore", str(file), "--key-file", str(keys), home=new)
    again = diarchy("restore", str(file), home=new)
    question = ("search", "welders", "--as", "staff", "--json")
    assert restored.returncode == 0
    assert "Reindexed 3 items" in restored.stdout
    assert diarchy(*question, home=new).stdout == diarchy(*question, home=own_home).stdout
    assert again.returncode == 1
    assert "empty home" in again.stderr


def test_a_key_is_rotated_and_the_old_one_let_go(own_home: Path):
    before = diarchy("keys", "list", home=own_home).stdout.split()[0]
    rotated = diarchy("keys", "rotate", home=own_home)
    listed = diarchy("keys", "list", home=own_home).stdout.splitlines()
    dropped = diarchy("keys", "drop-old", home=own_home)
    assert (rotated.returncode, dropped.returncode) == (0, 0), rotated.stderr + dropped.stderr
    assert len(listed) == 2
    assert listed[1].startswith(before)
    assert before not in diarchy("keys", "list", home=own_home).stdout


def test_a_doctor_without_a_database_still_looks_at_the_rest(own_home: Path):
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    told = diarchy("doctor", home=own_home, DIARCHY_DATABASE_URL=nowhere)
    assert told.returncode == 1
    assert "FAILED  database: the database did not answer" in told.stdout
    assert "ok      sealing key: in sealing.key" in told.stdout
    assert "ok      Redis" in told.stdout
