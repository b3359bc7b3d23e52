"""Requirements stored for an analysis, and who is briefed by itself."""

from pathlib import Path

from tests.gateway.command_line.company import fill
from tests.gateway.command_line.terminal import diarchy

REQUIREMENT = "Buy the rival Arctane before May."


def test_a_stored_requirement_is_told_by_its_id_alone(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "requirement.txt").write_text(REQUIREMENT)
    file = f"@{tmp_path / 'requirement.txt'}"
    options = ("--confidentiality-level", "restricted")
    added = diarchy("requests", "add", file, "--as", "ceo", *options, home=tmp_path)
    assert added.returncode == 0, added.stderr
    assert len(added.stdout.strip()) == 32
    assert "Arctane" not in added.stdout + added.stderr

    above = diarchy("requests", "add", file, "--as", "staff", *options, home=tmp_path)
    assert (above.returncode, above.stdout) == (3, "")
    empty = diarchy("requests", "add", " ", "--as", "ceo", home=tmp_path)
    assert empty.returncode == 2


def test_who_is_briefed_by_itself_stands_in_the_registry(tmp_path: Path) -> None:
    add = ("principals", "add", "ana", "--clearance", "restricted")
    added = diarchy(*add, "--briefings", "monthly,weekly", home=tmp_path)
    assert added.stdout.endswith("Briefings of ana: weekly, monthly.\n")
    less = diarchy("principals", "unsubscribe", "ana", "weekly", home=tmp_path)
    assert less.stdout == "Briefings of ana: monthly.\n"
    more = diarchy("principals", "subscribe", "ana", "Quarterly", home=tmp_path)
    assert more.stdout == "Briefings of ana: monthly, quarterly.\n"
    listed = diarchy("principals", "list", home=tmp_path)
    assert listed.stdout.rstrip("\n").split("\t")[-1] == "monthly, quarterly"
    assert '"briefings": [' in diarchy("principals", "list", "--json", home=tmp_path).stdout

    wrong = diarchy("principals", "subscribe", "ana", "yearly", home=tmp_path)
    assert wrong.returncode == 2
    assert "weekly, monthly, quarterly" in wrong.stderr.replace("\n", " ")
    nobody = diarchy("principals", "subscribe", "nobody", "weekly", home=tmp_path)
    assert nobody.returncode == 1
