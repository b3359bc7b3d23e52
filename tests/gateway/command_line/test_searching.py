import json
import stat
from pathlib import Path

from pydantic import TypeAdapter

from domain.evidence import RetrievedItem
from tests.gateway.command_line.terminal import diarchy


def test_a_search_in_json_is_the_typed_result_and_the_files_say_the_same(
    home: Path, tmp_path: Path
):
    files = [tmp_path / f"found.{ending}" for ending in ("json", "md", "html")]
    outputs = [argument for file in files for argument in ("--output", str(file))]

    answer = diarchy("search", "Brno plant", "--json", *outputs, home=home, DIARCHY_PRINCIPAL="ceo")

    assert answer.returncode == 0
    found = json.loads(answer.stdout)
    assert found["query"] == "Brno plant"
    items = TypeAdapter(list[RetrievedItem]).validate_python(found["results"])
    assert {item.knowledge_id for item in items} >= {"plant", "talks"}
    assert files[0].read_text() == answer.stdout
    assert "14 welders" in files[1].read_text()
    assert files[2].read_text().startswith("<!DOCTYPE html>")
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_a_search_shows_nothing_above_the_bound_that_the_request_asks_for(home: Path):
    answer = diarchy(
        "search", "Brno plant", "--as", "ceo", "--max-confidentiality", "internal", home=home
    )

    assert answer.returncode == 0
    assert "14 welders" in answer.stdout
    assert "secret" not in answer.stdout


def test_a_file_of_queries_is_answered_line_by_line_and_bad_lines_do_not_stop_the_rest(
    home: Path, tmp_path: Path
):
    file = tmp_path / "queries.jsonl"
    file.write_bytes(
        b'{"_id": "q1", "text": "welders in Brno"}\n'
        b"not json\n"
        b"\n"
        b'{"_id": "q2"}\n'
        b'{"_id": "q3", "text": "\xff"}\n'
        b'{"_id": "q4", "text": "cold store in Rotterdam \xf0\x9f\x9a\xa2"}\n'
    )

    answer = diarchy("search", "--queries", str(file), "--as", "staff", home=home)

    assert answer.returncode == 1
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [line["_id"] for line in lines] == ["q1", "q4"]
    assert [line["results"][0]["knowledge_id"] for line in lines] == ["plant", "port"]
    assert {"relevance_score", "excerpt", "confidentiality_level"} <= set(lines[0]["results"][0])
    assert answer.stderr.splitlines() == [
        f"{file}, row 2: must be one JSON object",
        f"{file}, row 4, text: must be a text that is not empty",
        f"{file}, row 5: must be UTF-8",
    ]
