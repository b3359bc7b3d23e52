import json
import os
from pathlib import Path

import pytest

from domain.analysis import ComprehensiveAnalysis
from domain.briefing import CeoBriefing
from domain.clearance import ConfidentialityLevel
from domain.ingest import IngestReport
from domain.summary import StrategicSummary
from gateway.command_line.output import APPENDIX_HINT
from tests.gateway.command_line.company import fill
from tests.gateway.command_line.terminal import diarchy

pytestmark = pytest.mark.usefixtures("prefect_api")

ROWS = """\
{"knowledge_id": "crane", "title": "Crane", "content": "The crane in Tilburg is out of order."}
{"knowledge_id": "dock", "title": "Dock", "content": "Dock nine floods.", "category": "gossip"}
{"knowledge_id": "gate", "title": "Gate", "content": "Gate two jams.", "strategic_priority": 11}
"""


@pytest.fixture
def own_home(tmp_path: Path) -> Path:
    """A home with the company in it that the test may change."""
    fill(tmp_path / "home")
    return tmp_path / "home"


def test_an_ingest_counts_what_it_did_lists_what_it_refused_and_leaves_with_1(
    own_home: Path, tmp_path: Path
):
    file = tmp_path / "rows.jsonl"
    file.write_text(ROWS)
    defaults = ("--confidentiality-level", "internal", "--category", "operational_metrics")

    first = diarchy("ingest", str(file), "--as", "ceo", *defaults, home=own_home)
    again = diarchy("ingest", str(file), "--as", "ceo", *defaults, "--json", home=own_home)

    assert first.returncode == again.returncode == 1
    assert first.stdout == "Added 1, updated 0, unchanged 0, refused 2.\n"
    refusals = first.stderr.splitlines()
    assert len(refusals) == 2
    assert f"{file}, row 2, category" in refusals[0]
    assert f"{file}, row 3, strategic_priority" in refusals[1]
    assert "floods" not in first.stderr
    report = IngestReport.model_validate_json(again.stdout)
    assert (report.added, report.unchanged, report.refused) == (0, 1, 2)


def test_an_ingest_above_the_own_clearance_is_refused(own_home: Path, tmp_path: Path):
    file = tmp_path / "note.md"
    file.write_text("# Merger\n\nThe merger is agreed.\n")

    answer = diarchy(
        *("ingest", str(file), "--as", "staff", "--category", "strategic_planning"),
        *("--confidentiality-level", "restricted"),
        home=own_home,
    )

    assert answer.returncode == 1
    assert "refused 1" in answer.stdout


def test_summary_and_briefing_in_json_write_nothing_but_the_typed_result(home: Path):
    clock = "2026-11-05T08:00:00Z"

    summary = diarchy(
        "summary", "technical", "--as", "staff", "--json", home=home, DIARCHY_CLOCK=clock
    )
    briefing = diarchy("briefing", "--as", "staff", "--json", home=home, DIARCHY_CLOCK=clock)

    assert (summary.returncode, briefing.returncode) == (0, 0)
    assert summary.stderr == briefing.stderr == ""
    assert StrategicSummary.model_validate_json(summary.stdout).items_considered == 2
    edition = CeoBriefing.model_validate_json(briefing.stdout)
    assert {change.knowledge_id for change in edition.changes} == {"port", "plant"}
    assert edition.confidentiality_level is ConfidentialityLevel.INTERNAL


def test_a_result_is_shown_as_its_first_page_and_in_full_when_asked_or_in_a_file(
    home: Path, tmp_path: Path
):
    asked = ("summary", "technical", "--as", "staff")
    file = tmp_path / "summary.md"

    brief = diarchy(
        *(*asked, "--output", str(file)), home=home, DIARCHY_CLOCK="2026-11-05T08:00:00Z"
    )
    full = diarchy(*asked, "--full", home=home, DIARCHY_CLOCK="2026-11-05T08:00:00Z")

    assert (brief.returncode, full.returncode) == (0, 0)
    assert "## Appendix" not in brief.stdout
    assert brief.stderr.splitlines()[-1] == APPENDIX_HINT
    assert "## Appendix" in full.stdout
    assert full.stdout == file.read_text()
    assert full.stderr == ""


def test_what_is_typed_for_an_analysis_reaches_prefect_only_sealed(home: Path, tmp_path: Path):
    context = tmp_path / "context.json"
    context.write_text('{"budget": "Quillfeather granted EUR 400,000."}')
    page = tmp_path / "analysis.html"

    answer = diarchy(
        *("analyze", "-", "--as", "ceo", "--context", str(context), "--json"),
        *("--output", str(page)),
        home=home,
        stdin=b"Move the Zanzibarite welders to the Brno plant by May 2027.",
    )

    assert answer.returncode == 0, answer.stderr
    analysis = ComprehensiveAnalysis.model_validate_json(answer.stdout)
    assert "Zanzibarite" in analysis.requirement
    assert "Zanzibarite" in page.read_text()
    prefect_files = [file for file in Path(os.environ["PREFECT_HOME"]).rglob("*") if file.is_file()]
    written = b"".join(file.read_bytes() for file in prefect_files)
    assert b"comprehensive-analysis" in written
    assert b"Zanzibarite" not in written
    assert b"Quillfeather" not in written


def test_a_flow_that_is_denied_says_so_in_one_line_and_leaves_with_3(home: Path):
    answer = diarchy("briefing", "--as", "gone", home=home)

    assert (answer.returncode, answer.stdout) == (3, "")
    assert answer.stderr == "diarchy: Access denied.\n"


@pytest.mark.parametrize(
    ("written", "complaint"),
    [("[1, 2]", "JSON object"), ('{"budget": 4}', "budget"), ("{", "JSON object")],
)
def test_a_context_that_is_not_an_object_of_texts_is_bad_usage(
    home: Path, tmp_path: Path, written: str, complaint: str
):
    context = tmp_path / "context.json"
    context.write_text(written)

    answer = diarchy(
        *("analyze", "A hub in Leipzig", "--as", "ceo", "--context", str(context)),
        home=home,
        COLUMNS="200",
    )

    assert answer.returncode == 2
    assert complaint in answer.stderr


def test_maintenance_leaves_a_home_in_which_doctor_finds_nothing_wrong(own_home: Path):
    maintained = diarchy("maintain", home=own_home)
    checked = diarchy("doctor", home=own_home)

    assert maintained.returncode == 0, maintained.stderr
    assert "audit log" in maintained.stdout
    assert checked.returncode == 0


def test_where_it_is_asked_for_a_command_and_its_run_log_as_json(own_home: Path):
    answer = diarchy("maintain", home=own_home, DIARCHY_LOG_FORMAT="json")
    assert answer.returncode == 0
    lines = [json.loads(line) for line in answer.stderr.splitlines()]
    runs = {line["flow_run_id"] for line in lines if line["logger"] == "prefect.flow_runs"}
    assert len(runs) == 1
    steps = [line for line in lines if line["logger"] == "prefect.task_runs"]
    assert steps
    assert {line["flow_run_id"] for line in steps} == runs
