from __future__ import annotations

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from domain.errors import SealBroken, StorageError
from domain.sealed import SealedText
from storage.sealing import KEY_FILE, Sealer, open_sealer
from storage.settings import Settings

OPEN_AND_SEAL = """
import sys
from pathlib import Path
from storage.sealing import open_sealer
from storage.settings import Settings
sys.stdin.readline()
print(open_sealer(Settings(home=Path(sys.argv[1]))).seal(b"from " + sys.argv[2].encode()).decode())
"""


def new_key() -> str:
    return Fernet.generate_key().decode()


def test_what_is_sealed_opens_again_and_is_not_readable_meanwhile(home: Path):
    sealer = open_sealer(Settings(home=home))
    sealed = sealer.seal("Zwölf 😀".encode())
    assert "Zwölf".encode() not in sealed
    assert sealer.open(sealed).decode() == "Zwölf 😀"
    assert sealer.open_text(sealer.seal_text("hush")) == "hush"
    assert sealer.open_text("plain") == "plain"
    assert sealer.open_notes(sealer.seal_notes({"a": "b\n'"})) == {"a": "b\n'"}


def test_the_same_text_never_seals_to_the_same_token(home: Path):
    sealer = open_sealer(Settings(home=home))
    assert sealer.seal(b"hush") != sealer.seal(b"hush")


@pytest.mark.parametrize("position", [0, 1, 12, 40, -1])
def test_a_token_that_was_touched_does_not_open(home: Path, position: int):
    sealer = open_sealer(Settings(home=home))
    token = bytearray(sealer.seal(b"a text of some length that fills two blocks"))
    token[position] = ord("A") if token[position] != ord("A") else ord("B")
    with pytest.raises(SealBroken):
        sealer.open(bytes(token))


@pytest.mark.parametrize("token", [b"", b"not sealed", "ü".encode(), b"\x00" * 200])
def test_what_was_never_sealed_does_not_open(home: Path, token: bytes):
    with pytest.raises(SealBroken):
        open_sealer(Settings(home=home)).open(token)


def test_a_token_of_another_installation_does_not_open(tmp_path: Path):
    theirs = open_sealer(Settings(home=tmp_path / "theirs")).seal_text("hush")
    with pytest.raises(SealBroken) as refused:
        open_sealer(Settings(home=tmp_path / "ours")).open_text(theirs)
    assert theirs.sealed not in str(refused.value)


def test_text_that_only_looks_like_a_token_does_not_open(home: Path):
    with pytest.raises(SealBroken):
        open_sealer(Settings(home=home)).open_text(SealedText(sealed="gAAAA-nonsense"))


def test_keys_are_rotated_by_putting_the_new_one_first():
    old, new = new_key(), new_key()
    before = open_sealer(Settings(sealing_key=old)).seal(b"hush")
    rotated = open_sealer(Settings(sealing_key=f"{new}, {old}"))
    assert rotated.open(before) == b"hush"
    after = rotated.seal(b"hush")
    assert open_sealer(Settings(sealing_key=new)).open(after) == b"hush"
    with pytest.raises(SealBroken):
        open_sealer(Settings(sealing_key=old)).open(after)


@pytest.mark.parametrize("key", ["short", "x" * 44, ","])
def test_a_key_of_the_wrong_form_is_told_and_not_shown(key: str):
    with pytest.raises(StorageError, match="32-byte") as refused:
        open_sealer(Settings(sealing_key=key))
    assert "short" not in str(refused.value)


def test_no_key_at_all_is_told():
    with pytest.raises(StorageError):
        Sealer([])


def test_the_key_file_is_its_owners_alone_and_kept(home: Path):
    sealed = open_sealer(Settings(home=home)).seal(b"hush")
    (key_file,) = home.iterdir()
    assert key_file.name == KEY_FILE
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert open_sealer(Settings(home=home)).open(sealed) == b"hush"


def test_processes_that_make_the_key_at_once_agree_on_one(home: Path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_AND_SEAL, str(home), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    tokens = [process.communicate()[0].strip() for process in processes]
    sealer = open_sealer(Settings(home=home))
    assert [sealer.open(token.encode()) for token in tokens] == [b"from 0", b"from 1"]
    assert [file.name for file in home.iterdir()] == [KEY_FILE]


def test_threads_that_make_the_key_at_once_agree_on_one(tmp_path: Path):
    for attempt in range(20):
        settings = Settings(home=tmp_path / str(attempt))
        with ThreadPoolExecutor(8) as threads:
            sealing = [threads.submit(_open_and_seal, settings) for _ in range(8)]
            tokens = [sealed.result() for sealed in sealing]
        sealer = open_sealer(settings)
        assert [sealer.open(token) for token in tokens] == [b"x"] * 8


def _open_and_seal(settings: Settings) -> bytes:
    return open_sealer(settings).seal(b"x")


def test_a_digest_names_a_value_and_differs_between_installations():
    ours, theirs = Sealer([Fernet.generate_key()]), Sealer([Fernet.generate_key()])
    assert ours.digest(b"who asked what") == ours.digest(b"who asked what")
    assert ours.digest(b"who asked what") != ours.digest(b"who asked else")
    assert ours.digest(b"who asked what") != theirs.digest(b"who asked what")
