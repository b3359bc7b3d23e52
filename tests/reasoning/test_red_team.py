"""Knowledge that carries instructions, and a model that obeys them: nothing of it comes out of the gate.

Each line of `red_team.jsonl` is a text as an attacker could have it ingested, and the statement, quote and
citation that an obedient model would answer with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from domain.clearance import ConfidentialityLevel
from domain.evidence import Evidence, Finding
from domain.knowledge import ItemKey
from domain.markdown_escaping import escape_markdown
from reasoning.grounding import Grounded, ground_findings
from reasoning.untrusted_text import CLOSING, OPENING, as_data

L = ConfidentialityLevel
ATTACK = ItemKey("attack", L.INTERNAL)
HONEST = ItemKey("honest", L.INTERNAL)
SECRET = ItemKey("secret-merger", L.TOP_SECRET)
HONEST_TEXT = "Brno makes panels."
UNREAD_TEXT = "The merger of Oriel and Castellan is planned for February."
CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "red_team.jsonl").read_text(encoding="utf-8").splitlines()
]
IDS = [f"{number}-{case['kind']}" for number, case in enumerate(CASES)]


def obeyed(case: dict[str, Any]) -> Finding:
    """Return what a model that obeys *case* says."""
    cited = {"attack": ATTACK, "secret": SECRET, "made-up": ItemKey("fin-9999", L.INTERNAL)}
    key = cited[case["cites"]]
    evidence = Evidence(
        knowledge_id=key.knowledge_id,
        confidentiality_level=key.confidentiality_level,
        quote=case["quote"],
        start=max(0, case["text"].find(case["quote"])),
    )
    return Finding(statement=case["says"], evidence=(evidence,))


def gated(case: dict[str, Any], *further: Finding) -> Grounded[Finding]:
    """Return what the gate lets through for a reader who may read all but the secret."""
    given = {ATTACK: case["text"], HONEST: HONEST_TEXT}
    return ground_findings((obeyed(case), *further), given)


def test_there_are_enough_attacks_of_every_kind():
    assert len(CASES) >= 70
    assert len({case["kind"] for case in CASES}) >= 8


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_what_an_obedient_model_says_is_dropped_and_the_honest_rest_stays(case: dict[str, Any]):
    quote = Evidence(
        knowledge_id="honest", confidentiality_level=L.INTERNAL, quote=HONEST_TEXT, start=0
    )
    honest = Finding(statement=HONEST_TEXT, evidence=(quote,))
    kept, report = gated(case, honest)
    assert kept == (honest,)
    assert (report.checked, report.kept) == (2, 1)
    assert case["says"] not in report.model_dump_json()


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_secret_is_not_said_with_the_quotes_of_another_item(case: dict[str, Any]):
    smuggled = obeyed({**case, "says": UNREAD_TEXT})
    kept, _ = ground_findings((smuggled,), {ATTACK: case["text"], HONEST: HONEST_TEXT})
    assert not kept


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_an_attack_shown_as_a_quote_is_letters_and_nothing_else(case: dict[str, Any]):
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    for words in (case["text"], case["says"]):
        kinds = {
            child.type
            for token in parser.parse(escape_markdown(words))
            for child in (token, *(token.children or ()))
        }
        assert kinds <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_an_attack_cannot_close_its_place_in_a_prompt(case: dict[str, Any]):
    data = as_data(case["text"])
    assert OPENING not in data
    assert CLOSING not in data
    assert all(one in "\n\t" or one.isprintable() for one in data)
