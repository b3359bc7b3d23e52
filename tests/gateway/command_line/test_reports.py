"""`reports`: what was made for a reader is read again by that reader, and by nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.briefing import CeoBriefing
from tests.gateway.command_line.company import fill
from tests.gateway.command_line.terminal import diarchy

pytestmark = pytest.mark.usefixtures("prefect_api")


def test_own_reports_are_listed_and_shown_and_denied_looks_like_absent(tmp_path: Path):
    home = tmp_path / "home"
    fill(home)
    made = diarchy("briefing", "--as", "ceo", "--horizon", "year", "--json", home=home)
    briefing = CeoBriefing.model_validate_json(made.stdout)

    listed = diarchy("reports", "list", "--as", "ceo", "--json", home=home)
    (entry,) = json.loads(listed.stdout)
    assert entry["report_id"] == briefing.briefing_id
    assert entry["confidentiality_level"] == briefing.confidentiality_level

    again = diarchy("reports", "show", briefing.briefing_id, "--as", "ceo", "--json", home=home)
    assert CeoBriefing.model_validate_json(again.stdout) == briefing

    def refused(report_id: str, *more: str) -> tuple[int, str, str]:
        answer = diarchy("reports", "show", report_id, *more, home=home)
        return answer.returncode, answer.stdout, answer.stderr

    absent = refused("never-was", "--as", "ceo")
    assert absent == (1, "", "diarchy: No such item.\n")
    assert refused(briefing.briefing_id, "--as", "staff") == absent
    low = ("--as", "ceo", "--max-confidentiality", "public")
    assert refused(briefing.briefing_id, *low) == absent
    assert diarchy("reports", "list", *low, home=home).stdout == ""
