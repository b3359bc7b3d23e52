import json
from pathlib import Path

from domain.clearance import ConfidentialityLevel, Principal
from domain.knowledge import KnowledgeItem
from tests.gateway.command_line.company import fill
from tests.gateway.command_line.terminal import diarchy


def test_what_is_hidden_and_what_does_not_exist_give_the_same_answer(home: Path):
    hidden = diarchy("knowledge", "show", "talks", "--as", "staff", home=home)
    absent = diarchy("knowledge", "show", "nothing", "--as", "staff", home=home)

    assert hidden.returncode == absent.returncode == 1
    assert hidden.stderr == absent.stderr == "diarchy: No such item.\n"
    assert hidden.stdout == absent.stdout == ""


def test_an_item_is_changed_reclassified_deleted_and_purged(tmp_path: Path):
    fill(tmp_path)

    def knowledge(*arguments: str, stdin: bytes = b"") -> tuple[int, str]:
        answer = diarchy("knowledge", *arguments, "--as", "ceo", home=tmp_path, stdin=stdin)
        return answer.returncode, answer.stdout

    announced = ("--level", "public", "--reason", "announced today")
    assert knowledge("update", "plant", "--content", "-", stdin=b"Fully staffed.")[0] == 0
    assert knowledge("update", "plant", "--confidentiality-level", "public")[0] == 2
    assert knowledge("reclassify", "plant", *announced)[0] == 0
    assert knowledge("delete", "port")[0] == 0
    assert knowledge("purge", "talks")[0] == 0

    assert knowledge("show", "port")[0] == 1
    shown = KnowledgeItem.model_validate_json(knowledge("show", "plant", "--json")[1])
    assert shown.content == "Fully staffed."
    assert shown.confidentiality_level is ConfidentialityLevel.PUBLIC
    remains = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert not any(b"Talks to sell" in file.read_bytes() for file in remains)


def test_the_registry_is_kept_by_adding_changing_revoking_and_listing(tmp_path: Path):
    assert (
        diarchy("principals", "add", "office", "--clearance", "internal", home=tmp_path).returncode
        == 0
    )
    again = diarchy("principals", "add", "office", "--clearance", "top_secret", home=tmp_path)
    diarchy("principals", "set-clearance", "office", "--clearance", "restricted", home=tmp_path)
    unknown = diarchy("principals", "revoke", "nobody", home=tmp_path)
    diarchy("principals", "revoke", "office", home=tmp_path)
    listed = diarchy("principals", "list", "--json", home=tmp_path)

    assert (again.returncode, unknown.returncode) == (1, 1)
    assert "registered already" in again.stderr
    [row] = json.loads(listed.stdout)
    assert row.pop("briefings") == []
    office = Principal.model_validate_json(json.dumps(row))
    assert office.clearance.level is ConfidentialityLevel.RESTRICTED
    assert office.revoked_at is not None
