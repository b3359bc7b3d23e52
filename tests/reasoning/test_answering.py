"""Answers of a conversation: what is known, cited and labelled; what is not known, said plainly."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from domain.analysis import BusinessPerspective, TechnicalPerspective
from domain.clearance import ConfidentialityLevel, high_water_mark
from domain.evidence import RetrievedItem
from domain.knowledge import KnowledgeCategory, KnowledgeItem
from domain.sessions import Conclusion, Route, RoutingDecision, SessionAnswer
from reasoning.answering import answer_from_analysis, answer_from_knowledge, ask_back
from tests.presentation.samples import (
    analysis,
    business_perspective,
    partial_analysis,
    technical_perspective,
)
from tests.reasoning.corpus import NOW, C, L, item

DECISION = RoutingDecision(route=Route.KNOWLEDGE, confidence=0.9, reason="It asks for a fact.")

AGENDA = item(
    "agenda",
    C.STRATEGIC_PLANNING,
    "Agenda of the supervisory board",
    "The supervisory board meets on 4 December 2026 in Zwolle. Lunch is served at noon.",
    level=L.CONFIDENTIAL,
)
MINUTES = item(
    "minutes",
    C.STRATEGIC_PLANNING,
    "Minutes of the supervisory board",
    "The supervisory board met on 25 September 2026 in Basel. Nobody was missing.",
)
CANTEEN = item(
    "canteen", C.HUMAN_RESOURCES, "A new canteen", "The canteen is painted green in May."
)
MODULES = item(
    "modules",
    C.PARTNERSHIP_OPPORTUNITIES,
    "Sensor modules",
    "The supplier of modules has moved to Oulu. The supplier takes €9.85 for each sensor module.",
)
AT_61 = item(
    "status",
    C.TECHNOLOGY_ROADMAP,
    "Broker migration: 61 per cent moved",
    "By our count 61 per cent of the devices have moved to the new broker of the migration.",
)
AT_38 = item(
    "true-status",
    C.TECHNOLOGY_ROADMAP,
    "The broker migration is at 38 per cent, not 61",
    "The figure of 61 per cent is wrong. Of the messages 38 per cent have moved to the new broker.",
    level=L.RESTRICTED,
)


def found(*items: KnowledgeItem, relevance: float = 0.5) -> tuple[RetrievedItem, ...]:
    return tuple(
        RetrievedItem.whole(one).model_copy(update={"relevance_score": relevance}) for one in items
    )


def ask(question: str, *items: KnowledgeItem, relevance: float = 0.5) -> SessionAnswer:
    return answer_from_knowledge(
        question,
        found(*items, relevance=relevance),
        decision=DECISION,
        label=L.INTERNAL,
        now=NOW,
    )


def concluded(text: str, *, level: ConfidentialityLevel = L.INTERNAL, relevance: float = 0.8):
    return Conclusion(
        conclusion_id="answer-1",
        text=text,
        concluded_at=datetime(2026, 11, 12, tzinfo=UTC),
        relevance=relevance,
        confidentiality_level=level,
        sources=(),
    )


def test_what_answers_comes_first_in_the_words_of_the_item_with_its_number():
    answer = ask("When does the supervisory board meet next?", MINUTES, AGENDA)
    first = answer.text.splitlines()[0]
    assert "“The supervisory board meets on 4 December 2026 in Zwolle.”" in first
    assert "[1]" in first
    assert answer.cited[0].knowledge_id == "agenda"


def test_how_much_wants_a_sum():
    answer = ask("How much do we pay the supplier for a sensor module?", MODULES)
    assert answer.text.startswith(
        "**Sensor modules** [1]: “The supplier takes €9.85 for each sensor module.”"
    )
    assert answer.conclusion == "Sensor modules: The supplier takes €9.85 for each sensor module."


def test_where_no_date_is_stated_it_is_said():
    undated = item(
        "board", C.STRATEGIC_PLANNING, "The board", "The supervisory board meets in Zwolle."
    )
    answer = ask("When does the supervisory board meet?", undated)
    assert answer.text.startswith("What you may read states no date for this.")
    assert "“The supervisory board meets in Zwolle.”" in answer.text


@pytest.mark.parametrize(
    ("items", "relevance"), [((), 0.5), ((CANTEEN,), 0.2), ((CANTEEN, MODULES), 0.3)]
)
def test_where_nothing_bears_on_it_nothing_is_known(
    items: tuple[KnowledgeItem, ...], relevance: float
):
    answer = ask("When does the quantum ferry leave?", *items, relevance=relevance)
    assert answer.text.startswith("Nothing that you may read")
    assert answer.cited == answer.sources == ()
    assert answer.conclusion is None


def test_what_is_near_by_meaning_alone_is_said_to_be_just_that():
    answer = ask("When does the quantum ferry leave?", CANTEEN, relevance=0.6)
    assert answer.text.startswith("Nothing says so in these words. Closest to it:")
    assert answer.conclusion is None


def test_items_that_state_different_figures_are_set_side_by_side():
    answer = ask("How far is the broker migration?", AT_61, AT_38)
    assert "These do not agree" in answer.text
    assert {source.knowledge_id for source in answer.cited} == {"status", "true-status"}


def test_the_label_covers_everything_given_cited_or_not():
    answer = ask("When is the canteen painted?", CANTEEN, AT_38)
    assert [source.knowledge_id for source in answer.cited] == ["canteen"]
    assert answer.confidentiality_level is L.RESTRICTED


def test_numbers_are_the_order_of_cited():
    answer = ask("What is known about the broker migration and the devices?", AT_61, AT_38, MODULES)
    numbers = list(dict.fromkeys(re.findall(r"\[(\d+)\]", answer.text)))
    assert numbers == [str(place) for place in range(1, len(answer.cited) + 1)]
    for place, source in enumerate(answer.cited, 1):
        assert re.search(rf"{re.escape(source.title[:8])}[^\n]*\[{place}\]", answer.text)


def test_an_earlier_conclusion_is_shown_as_one_and_is_no_source():
    known = concluded("The board wants Zwolle for good.", level=L.CONFIDENTIAL)
    answer = answer_from_knowledge(
        "When does the supervisory board meet?",
        found(MINUTES),
        recalled=(known,),
        decision=DECISION,
        label=L.INTERNAL,
        now=NOW,
    )
    assert (
        "Concluded earlier (12 November 2026): The board wants Zwolle for good. *(not evidence)*"
        in answer.text
    )
    assert answer.drawn_on == (known,)
    assert answer.confidentiality_level is L.CONFIDENTIAL
    assert answer.conclusion is not None
    assert "for good" not in answer.conclusion


def test_an_earlier_conclusion_that_hardly_bears_on_it_or_says_the_same_is_not_shown_but_counts():
    far = concluded("Paint is dear.", level=L.RESTRICTED, relevance=0.1)
    same = concluded("The canteen is painted green in May.", relevance=0.9)
    answer = answer_from_knowledge(
        "When is the canteen painted?",
        found(CANTEEN),
        recalled=(far, same),
        decision=DECISION,
        label=L.INTERNAL,
        now=NOW,
    )
    assert "Concluded earlier" not in answer.text
    assert answer.drawn_on == ()
    assert answer.confidentiality_level is L.RESTRICTED


def test_what_is_concluded_holds_nothing_of_the_question():
    answer = ask("Is my secret plan to move the supervisory board to Malta known?", AGENDA)
    assert "Malta" not in (answer.conclusion or "")


def test_names_in_play_are_of_the_question_and_of_what_was_cited():
    answer = ask("Does the supervisory board meet in Zwolle or in Basel?", AGENDA, MINUTES)
    assert {"Zwolle", "Basel"} <= set(answer.entities)
    assert len(answer.entities) <= 20


def test_markup_of_an_item_stays_text():
    hostile = item(
        "hostile",
        C.RISK_MANAGEMENT,
        "# Ferry **news** [click](https://evil.example)",
        "The ferry <script>alert(1)</script> leaves on 4 December 2026, see "
        "[this](https://evil.example) and ![x](https://evil.example/x.png) or `rm`.",
    )
    answer = ask("When does the ferry leave?", hostile)
    html = MarkdownIt("commonmark", {"html": True}).render(answer.text)
    for tag in ("<script", "<a ", "<img", "<h1", "<code"):
        assert tag not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


LEVELS = st.sampled_from(ConfidentialityLevel)
SENTENCES = st.text(alphabet="aZ1 .)(#+-=*_`[]<>|~&;:!\\/\"'{}$^@\n\tä", min_size=1, max_size=200)


@given(st.lists(st.tuples(SENTENCES, LEVELS), max_size=4), LEVELS, SENTENCES)
def test_whatever_is_asked_and_found_the_label_covers_it_and_no_markup_gets_through(
    contents: list[tuple[str, ConfidentialityLevel]], label: ConfidentialityLevel, question: str
):
    items = [
        item(
            f"item-{n}",
            C.RISK_MANAGEMENT,
            " ".join(f"Ferry {text}".split()),
            f"Ferry {text}",
            level=level,
        )
        for n, (text, level) in enumerate(contents)
    ]
    answer = answer_from_knowledge(
        f"Ferry {question}", found(*items), decision=DECISION, label=label, now=NOW
    )
    levels = [label, *(one.confidentiality_level for one in items)]
    assert answer.confidentiality_level is high_water_mark(levels)
    kinds = {
        child.type
        for token in MarkdownIt("commonmark").parse(answer.text)
        for child in (token, *(token.children or ()))
    }
    assert not kinds & {
        "link_open",
        "html_inline",
        "html_block",
        "code_inline",
        "image",
        "heading_open",
    }


def of_analysis(**given: object) -> SessionAnswer:
    arguments: dict[str, object] = {
        "report_id": "analysis-7",
        "decision": DECISION,
        "label": L.INTERNAL,
        **given,
    }
    return answer_from_analysis("Should we build it?", analysis(), **arguments)  # pyright: ignore[reportArgumentType]


def test_an_analysis_is_told_verdict_first_then_findings_then_what_to_do():
    answer = of_analysis()
    assert answer.text.startswith("**")
    assert answer.text.index("**What to do:**") > answer.text.index("- ")
    assert "report `analysis-7`" in answer.text
    assert answer.report_id == "analysis-7"
    assert 3 <= answer.text.split("**What to do:**")[0].count("\n- ") <= 6
    assert "Asked for:" not in answer.text


def test_an_analysis_answer_is_labelled_with_the_analysis_and_everything_beside_it():
    assert of_analysis().confidentiality_level is analysis().confidentiality_level
    higher = item("x", KnowledgeCategory.RISK_MANAGEMENT, "Far", "Far away.", level=L.TOP_SECRET)
    answer = of_analysis(evidence=found(higher))
    assert answer.confidentiality_level is L.TOP_SECRET


@pytest.mark.parametrize("perspective", [business_perspective(), technical_perspective()])
def test_one_perspective_alone_is_told_the_same_way(
    perspective: BusinessPerspective | TechnicalPerspective,
):
    answer = answer_from_analysis(
        "Should we build it?",
        perspective,
        report_id="analysis-8",
        decision=DECISION,
        label=L.INTERNAL,
    )
    numbers = {int(number) for number in re.findall(r"(?<!\\)\[(\d+)\]", answer.text)}
    assert numbers == set(range(1, len(answer.cited) + 1))
    assert answer.cited
    assert answer.conclusion


def test_parts_that_are_missing_are_named():
    answer = answer_from_analysis(
        "Should we build it?",
        partial_analysis(),
        report_id="analysis-9",
        decision=DECISION,
        label=L.INTERNAL,
    )
    assert answer.degraded
    assert "**Missing:**" in answer.text


def test_where_an_analysis_found_little_the_search_is_told_below_it():
    empty = business_perspective().model_copy(
        update={
            "recommendations": (),
            "strategic_alignment": type(business_perspective().strategic_alignment)(strength=0),
            "market_position": type(business_perspective().market_position)(),
            "competitive_landscape": type(business_perspective().competitive_landscape)(),
        }
    )
    answer = answer_from_analysis(
        "When is the canteen painted?",
        empty,
        report_id="analysis-10",
        evidence=found(CANTEEN),
        decision=DECISION,
        label=L.INTERNAL,
    )
    assert "There is no verdict" in answer.text
    assert "A search for it brings up:" in answer.text
    assert [source.knowledge_id for source in answer.cited] == ["canteen"]


def test_asking_back_offers_the_likeliest_first_and_concludes_nothing():
    unsure = RoutingDecision(
        route=None,
        confidence=0.4,
        reason="It could be a business question or something to look up.",
        candidates=(Route.SOPHIA, Route.KNOWLEDGE, Route.BOTH, Route.ARTEMIS),
    )
    answer = ask_back("Brno", unsure, label=L.CONFIDENTIAL)
    assert (
        answer.text.index("Sophia") < answer.text.index("look it up") < answer.text.index("Artemis")
    )
    assert unsure.reason in answer.text
    assert answer.conclusion is None
    assert answer.confidentiality_level is L.CONFIDENTIAL
    assert answer.decision == unsure
