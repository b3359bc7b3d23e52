from pathlib import Path

import pytest

from tests.gateway.command_line.terminal import diarchy, output_and_imports

HEAVY = ("torch", "lancedb", "prefect", "polars", "sentence_transformers")
COMMANDS = (
    "ingest",
    "search",
    "summary",
    "briefing",
    "analyze",
    "knowledge",
    "reindex",
    "doctor",
    "maintain",
    "principals",
    "events",
    "up",
    "down",
    "status",
)


def test_help_names_every_command_and_imports_nothing_heavy(tmp_path: Path):
    output, imported = output_and_imports(["--help"], home=tmp_path / "home", modules=HEAVY)

    assert [command for command in COMMANDS if f" {command} " not in output] == []
    assert imported == "[]"
    assert not (tmp_path / "home").exists()


def test_the_registry_answers_without_importing_anything_heavy(home: Path):
    output, imported = output_and_imports(["principals", "list"], home=home, modules=HEAVY)

    assert "ceo\ttop_secret" in output
    assert imported == "[]"


@pytest.mark.parametrize("arguments", [["search", "welders"], ["knowledge", "show", "plant"]])
def test_what_only_reads_never_imports_prefect(home: Path, arguments: list[str]):
    output, imported = output_and_imports(
        [*arguments, "--as", "staff"], home=home, modules=("prefect",)
    )

    assert "14 welders" in output
    assert imported == "[]"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["search", "welders"], "--as"),
        (["search", "--as", "staff"], "QUERY"),
        (["search", "welders", "--as", "staff", "--category", "gossip"], "gossip"),
        (["search", "welders", "--as", "staff", "--max-confidentiality", "cosmic"], "cosmic"),
        (["search", "welders", "--as", "staff", "--limit", "0"], "--limit"),
        (["search", "welders", "--as", "staff", "--output", "found.docx"], "found.docx"),
        (["search", "welders", "--as", "staff", "--output", "no/such/found.md"], "folder"),
        (["summary", "gardening", "--as", "staff"], "gardening"),
        (["briefing", "--as", "staff", "--horizon", "decade"], "decade"),
        (["analyze", "", "--as", "staff"], "requirement"),
        (["analyze", "@no-such-file", "--as", "staff"], "no-such-file"),
        (["ingest", "no-such-folder", "--as", "staff"], "no-such-folder"),
        (["ingest", ".", "--as", "staff", "--priority", "11"], "--priority"),
        (["knowledge", "update", "plant", "--as", "staff"], "change"),
        (["principals", "add", "someone"], "--clearance"),
        (["principals", "add", "", "--clearance", "public"], "name"),
    ],
)
def test_bad_usage_is_named_on_standard_error_before_any_work_and_leaves_with_2(
    arguments: list[str], complaint: str, tmp_path: Path
):
    answer = diarchy(*arguments, home=tmp_path / "home", COLUMNS="200")

    assert answer.returncode == 2
    assert complaint in answer.stderr
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr


def test_a_setting_that_makes_no_sense_is_bad_usage_too(tmp_path: Path):
    answer = diarchy("principals", "list", home=tmp_path, DIARCHY_PROCESS_CEILING="cosmic")

    assert answer.returncode == 2
    assert "process_ceiling" in answer.stderr


@pytest.mark.parametrize("name", ["nobody", "gone"])
def test_an_unknown_and_a_revoked_principal_are_denied_alike_with_3(home: Path, name: str):
    answer = diarchy("search", "welders", "--as", name, home=home)

    assert (answer.returncode, answer.stdout) == (3, "")
    assert answer.stderr == "diarchy: Access denied.\n"


def test_an_output_that_cannot_be_written_fails_and_the_result_is_shown_all_the_same(
    home: Path, tmp_path: Path
):
    busy = tmp_path / "found.md"
    busy.mkdir()

    refused = diarchy(
        "knowledge", "show", "plant", "--as", "staff", "--output", str(busy), home=home
    )
    full = diarchy(
        *("knowledge", "show", "plant", "--as", "staff", "--output", "/proc/found.md"), home=home
    )

    assert refused.returncode == 2
    assert full.returncode == 1
    assert "14 welders" in full.stdout
    assert "Traceback" not in full.stderr


def test_a_failure_shows_where_it_came_from_only_when_asked(home: Path):
    quiet = diarchy("knowledge", "show", "nothing", "--as", "staff", home=home)
    loud = diarchy("--debug", "knowledge", "show", "nothing", "--as", "staff", home=home)

    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr
    assert loud.returncode == 1


def test_doctor_says_what_is_wrong_and_what_to_do_about_it(home: Path, tmp_path: Path):
    # Of its own: deployments of other tests are none of its business.
    well = diarchy("doctor", home=home, PREFECT_API_URL="")
    unready = diarchy("doctor", home=tmp_path / "new", PREFECT_API_URL="")

    assert well.returncode == 0
    assert "FAILED" not in well.stdout
    assert unready.returncode == 1
    assert "diarchy principals add" in unready.stdout
