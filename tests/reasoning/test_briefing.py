from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.briefing import AlertNotice, CeoBriefing, ChangeKind, ItemState
from domain.clearance import ConfidentialityLevel, high_water_mark
from domain.evidence import Finding, RetrievedItem
from domain.knowledge import Domain, KnowledgeCategory, KnowledgeItem
from domain.summary import StrategicSummary, TimeHorizon
from domain.window import WindowItem
from reasoning.briefing import MOST_NEW, changes_since, compose_briefing, item_states
from reasoning.summary import summarize
from tests.reasoning.corpora import NOW, corpora, is_verbatim, item, retrieved

OPEN = "Loss of the licence in Norway would stop sales."
ASKED = "The board is asked to decide by 4 December whether to enter Norway."


def kinds(
    before: list[RetrievedItem] | None, after: list[RetrievedItem]
) -> list[tuple[ChangeKind, str]]:
    previous = None if before is None else item_states(before)
    return [(change.kind, change.knowledge_id) for change in changes_since(previous, after, NOW)]


def summaries_of(items: list[KnowledgeItem]) -> list[StrategicSummary]:
    return [
        summarize(
            domain=domain,
            time_horizon=TimeHorizon.MONTH,
            items=[RetrievedItem.whole(one) for one in items if one.category in domain.categories],
            items_before=[],
            now=NOW,
        )
        for domain in reversed(Domain)
    ]


def edition(
    items: list[KnowledgeItem],
    previous: tuple[ItemState, ...] | None = None,
    label: ConfidentialityLevel | None = None,
) -> CeoBriefing:
    return compose_briefing(
        briefing_id="second",
        reader="maren",
        time_horizon=TimeHorizon.MONTH,
        summaries=summaries_of(items),
        items=[RetrievedItem.whole(one) for one in items],
        previous_states=previous,
        previous_briefing_id=None if previous is None else "first",
        now=NOW,
        previous_label=label,
    )


def test_on_a_first_edition_everything_is_new():
    assert kinds(None, [retrieved(OPEN)]) == [(ChangeKind.NEW, "item-1")]


def test_a_raised_priority_is_an_escalation_that_says_where_from():
    previous = item_states([retrieved(OPEN, strategic_priority=5)])
    (change,) = changes_since(previous, [retrieved(OPEN, strategic_priority=8)], NOW)
    assert (change.kind, change.previous_priority, change.strategic_priority) == (
        ChangeKind.ESCALATED,
        5,
        8,
    )
    assert change.finding is not None


def test_a_raised_level_is_an_escalation_of_the_same_item():
    raised = retrieved(OPEN, confidentiality_level=ConfidentialityLevel.RESTRICTED)
    assert kinds([retrieved(OPEN)], [raised]) == [(ChangeKind.ESCALATED, "item-1")]


def test_an_item_of_the_same_id_at_a_second_level_is_another_item():
    other = retrieved(OPEN, confidentiality_level=ConfidentialityLevel.RESTRICTED)
    assert kinds([retrieved(OPEN)], [retrieved(OPEN), other]) == [
        (ChangeKind.NEW, "item-1"),
        (ChangeKind.STILL_OPEN, "item-1"),
    ]


def test_a_changed_text_and_a_lowered_priority_are_changes():
    before = [retrieved(OPEN, knowledge_id="a"), retrieved(OPEN, knowledge_id="b")]
    after = [
        retrieved("Sales in Norway grew by 4% in May.", knowledge_id="a"),
        retrieved(OPEN, knowledge_id="b", strategic_priority=4),
    ]
    assert kinds(before, after) == [(ChangeKind.CHANGED, "a"), (ChangeKind.CHANGED, "b")]


def test_what_can_no_longer_be_seen_is_resolved_without_a_quote():
    (change,) = changes_since(item_states([retrieved(OPEN)]), [], NOW)
    assert (change.kind, change.title, change.finding) == (ChangeKind.RESOLVED, "A paper", None)


def test_what_has_expired_is_resolved():
    expired = retrieved(OPEN, expires_at=NOW)
    assert kinds([expired], [expired]) == [(ChangeKind.RESOLVED, "item-1")]


def test_what_now_says_that_it_is_closed_is_resolved_with_that_sentence_and_then_forgotten():
    closed = retrieved("The incident was closed on 3 November. Nothing else is planned for it.")
    (change,) = changes_since(item_states([retrieved(OPEN)]), [closed], NOW)
    assert change.kind is ChangeKind.RESOLVED
    assert change.finding is not None
    assert change.finding.statement == "The incident was closed on 3 November."
    assert kinds([closed], [closed]) == []


def test_what_left_the_window_and_is_still_open_stays_open_and_what_asks_nothing_is_dropped():
    long_ago = {"created_at": NOW - timedelta(days=400), "updated_at": NOW - timedelta(days=300)}
    open_item = retrieved(OPEN, knowledge_id="open", **long_ago)
    plain = retrieved(
        "The office is in Utrecht near the station.", knowledge_id="plain", **long_ago
    )
    assert kinds([open_item, plain], [open_item, plain]) == [(ChangeKind.STILL_OPEN, "open")]


def test_changes_come_escalated_new_changed_resolved_still_open_and_then_by_priority():
    before = [
        retrieved(OPEN, knowledge_id=name, strategic_priority=3)
        for name in ("still", "gone", "changed", "escalated")
    ]
    after = [
        retrieved(OPEN, knowledge_id="still", strategic_priority=3),
        retrieved(ASKED, knowledge_id="changed", strategic_priority=3),
        retrieved(OPEN, knowledge_id="new-low", strategic_priority=2),
        retrieved(OPEN, knowledge_id="new-high", strategic_priority=9),
        retrieved(OPEN, knowledge_id="escalated", strategic_priority=4),
    ]
    assert [name for _, name in kinds(before, after)] == [
        "escalated",
        "new-high",
        "new-low",
        "changed",
        "gone",
        "still",
    ]


def test_an_edition_of_nothing_has_nothing_material():
    briefing = edition([])
    assert briefing.nothing_material
    assert briefing.headline == briefing.decisions == briefing.changes == briefing.domains == ()


def test_an_edition_in_which_all_is_as_before_has_nothing_material_and_still_remembers():
    items = [item(OPEN)]
    briefing = edition(items, item_states([retrieved(OPEN)]))
    assert briefing.nothing_material
    assert [change.kind for change in briefing.changes] == [ChangeKind.STILL_OPEN]
    assert briefing.domains == ()
    assert [state.knowledge_id for state in briefing.item_states] == ["item-1"]


def test_an_open_decision_is_material_even_when_it_is_old():
    briefing = edition([item(ASKED)], item_states([retrieved(ASKED)]))
    assert not briefing.nothing_material
    assert len(briefing.decisions) == 1
    assert [summary.domain for summary in briefing.domains] == [Domain.BUSINESS]


def test_decisions_come_most_pressing_first_and_each_once():
    sooner = "The CEO is asked to decide by 25 November who calls the customer in Bergen."
    items = [
        item(ASKED, knowledge_id="a", strategic_priority=10),
        item(ASKED, knowledge_id="b", strategic_priority=9),
        item(sooner, knowledge_id="c", strategic_priority=6),
    ]
    briefing = edition(items)
    assert [one.evidence[0].knowledge_id for one in briefing.decisions] == ["c", "a"]
    assert [one.rank for one in briefing.decisions] == [1, 2]


def test_the_headline_gives_the_facts_and_leaves_the_asking_to_the_decisions():
    content = f"{ASKED} Sales in Norway were EUR 3.2 million in October."
    briefing = edition([item(content, title="Norway", strategic_priority=9)])
    assert [one.statement for one in briefing.headline] == [
        "Norway – Sales in Norway were EUR 3.2 million in October."
    ]


def test_the_label_covers_the_edition_before():
    briefing = edition([item()], (), ConfidentialityLevel.RESTRICTED)
    assert briefing.confidentiality_level is ConfidentialityLevel.RESTRICTED


@given(corpora(), corpora(), st.randoms(use_true_random=False))
def test_an_edition_does_not_depend_on_the_order_of_its_items(
    before: list[KnowledgeItem], items: list[KnowledgeItem], random: Random
):
    previous = item_states(map(RetrievedItem.whole, before))
    shuffled = list(items)
    random.shuffle(shuffled)
    assert edition(items, previous) == edition(shuffled, previous)


@given(corpora(), corpora())
def test_an_edition_is_verbatim_cited_labelled_and_remembers_every_item(
    before: list[KnowledgeItem], items: list[KnowledgeItem]
):
    previous = item_states(map(RetrievedItem.whole, before))
    briefing = edition(items, previous)
    findings: list[Finding] = [
        *briefing.headline,
        *briefing.decisions,
        *(change.finding for change in briefing.changes if change.finding),
    ]
    assert all(is_verbatim(finding, items) for finding in findings)
    assert len(briefing.headline) <= 3
    assert {state.knowledge_id for state in briefing.item_states} == {
        one.knowledge_id for one in items
    }
    assert briefing.confidentiality_level is high_water_mark(
        [one.confidentiality_level for one in items]
        + [state.confidentiality_level for state in previous]
    )
    material = [change for change in briefing.changes if change.kind is not ChangeKind.STILL_OPEN]
    assert briefing.nothing_material is not bool(briefing.decisions or material)


def test_of_many_new_items_the_weightiest_are_listed_and_the_others_counted_and_remembered():
    items = [
        item(
            f"Revenue of region {number} grew by 4% in the third quarter.",
            knowledge_id=f"item-{number:02}",
            strategic_priority=1 + number % 10,
        )
        for number in range(40)
    ]
    briefing = edition(items)
    assert len(briefing.changes) == MOST_NEW
    assert briefing.changes_omitted == 40 - MOST_NEW
    assert min(change.strategic_priority for change in briefing.changes) == 7
    assert len(briefing.item_states) == 40


def test_at_most_nine_decisions_are_put_before_a_ceo():
    items = [
        item(
            f"The board is asked to decide by {day} December on region {day} and its {word}.",
            knowledge_id=f"item-{day:02}",
        )
        for day, word in enumerate(("salt", "iron", "wool", "glass", "oats", "coal", "silk", "rye", "tin",
                                    "lime", "jute", "zinc"), start=1)
    ]  # fmt: skip
    assert len(edition(items).decisions) <= 9
    assert "by 1 December" in edition(items).decisions[0].statement


def test_two_figures_for_one_thing_are_put_before_a_ceo():
    items = [
        item("61 per cent of devices are moved.", knowledge_id="a", title="Migration: 61 per cent",
             tags=("migration",)),
        item("By messages we have moved 38 per cent. The 61 per cent counts devices.", knowledge_id="b",
             title="The migration is at 38 per cent, not 61", tags=("migration",)),
    ]  # fmt: skip
    (decision,) = edition(items).decisions
    assert decision.statement.startswith("Settle which figure holds: Two figures for migration: 61")


def test_a_change_beyond_what_a_window_carries_is_noticed():
    def window_item(digest: str) -> WindowItem:
        whole = retrieved("Revenue grew by 4% in the third quarter.")
        fields = {name: getattr(whole, name) for name in RetrievedItem.model_fields}
        return WindowItem(**fields, content_digest=digest)

    before, after = window_item("1" * 64), window_item("2" * 64)
    assert item_states([before])[0].content_digest == "1" * 64
    assert kinds([before], [after]) == [(ChangeKind.CHANGED, "item-1")]


def test_what_an_agenda_asks_is_news_rather_than_its_opening():
    agenda = item(
        "1. Opening, minutes of 25 September.\n2. Plan. The board is asked to decide between plan A (€6.8m) "
        "and plan B (€4.5m).\n",
        title="Draft agenda of the board, 4 December 2026",
    )
    (change,) = edition([agenda]).changes
    assert change.finding is not None
    assert "plan A" in change.finding.statement


def alerted_edition(*alerted: KnowledgeItem, level: ConfidentialityLevel) -> CeoBriefing:
    return compose_briefing(
        briefing_id="alerted",
        reader="maren",
        time_horizon=TimeHorizon.WEEK,
        summaries=[],
        items=[],
        previous_states=(),
        previous_briefing_id="first",
        now=NOW,
        previous_label=None,
        alert=AlertNotice(
            event_id="alert",
            confidentiality_level=level,
            alert_category=KnowledgeCategory.RISK_MANAGEMENT,
            priority_level=9,
            knowledge_ids=tuple(one.knowledge_id for one in alerted),
        ),
        alerted=[RetrievedItem.whole(one) for one in alerted],
    )


def test_an_alerted_edition_says_what_the_items_of_the_alert_say_and_cites_them():
    secret = ConfidentialityLevel.RESTRICTED
    briefing = alerted_edition(
        item(OPEN, knowledge_id="licence", confidentiality_level=secret), level=secret
    )
    assert briefing.alert is not None
    (finding,) = briefing.alert.findings
    assert OPEN in finding.statement
    assert [source.knowledge_id for source in briefing.sources] == ["licence"]
    assert briefing.confidentiality_level is secret
    assert not briefing.nothing_material


def test_an_alert_without_readable_items_is_told_and_labelled_all_the_same():
    briefing = alerted_edition(level=ConfidentialityLevel.CONFIDENTIAL)
    assert briefing.alert is not None
    assert briefing.alert.findings == ()
    assert briefing.confidentiality_level is ConfidentialityLevel.CONFIDENTIAL
