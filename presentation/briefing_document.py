"""A CEO briefing as a document: one page with what needs a decision first, then the appendix.

The page holds the foremost of everything and says how much more there is. An edition with nothing
material is as short as it says it is.
"""

from __future__ import annotations

from domain.briefing import CeoBriefing, Change, ChangeKind
from domain.evidence import Source
from presentation.composition import Composer, degradation_notices, without_repeats
from presentation.document import (
    Block,
    Document,
    Fact,
    Note,
    Prose,
    Section,
    Statement,
    StatementList,
    Tally,
)
from presentation.front_page import ActionsAcrossPages, given, within_page
from presentation.summary_document import domain_section
from presentation.wording import counted, horizon_title, minute, window, words

MOST_CHANGES = 5
ROOM_FOR_HEADLINE = 700
"""Characters."""

_KINDS = (
    ChangeKind.ESCALATED,
    ChangeKind.NEW,
    ChangeKind.CHANGED,
    ChangeKind.RESOLVED,
    ChangeKind.STILL_OPEN,
)


def briefing_document(briefing: CeoBriefing) -> Document:
    """Return *briefing* composed in the order in which a chief executive should meet it."""
    composer = Composer(_all_sources(briefing))
    composer.draw(
        (summary.domain, risk) for summary in briefing.domains for risk in summary.risk_factors
    )
    decisions = ActionsAcrossPages(briefing.decisions, noun="decision")
    said = without_repeats(briefing.headline, said=briefing.decisions)
    headline, headline_left = within_page(said, most=len(said), room=ROOM_FOR_HEADLINE)
    sections = [*_alert(briefing, composer), *_front(briefing, decisions, composer)]
    if headline:
        lead = Prose(composer.statements(headline), lead=True)
        sections.append(Section("In brief", "headline", (lead,)))
    aside = [
        *given(_changes_heading(briefing), "changes", _foremost_changes(briefing, composer)),
        *given("Priority and risk", "risk-picture", composer.risk_sketch()),
    ]
    page_sources = composer.sources_so_far()
    appendix = [
        *decisions.appendix(composer),
        *given("Further headlines", "headlines", composer.listed(None, headline_left)),
        *given("All changes", "all-changes", _change_blocks(briefing, composer)),
        *given("All risks", "all-risks", composer.risk_plot()),
        *(
            domain_section(summary, composer, decisions=briefing.decisions)
            for summary in briefing.domains
        ),
        _about(briefing),
    ]
    return Document(
        genre="CEO briefing",
        title=horizon_title(briefing.time_horizon, briefing.generated_at),
        level=briefing.confidentiality_level,
        facts=(
            Fact("Prepared for", briefing.reader),
            Fact("Prepared", minute(briefing.generated_at)),
            Fact("Covers", window(briefing.window_start, briefing.generated_at)),
        ),
        notices=degradation_notices(briefing.degraded),
        sections=tuple(sections),
        aside=tuple(aside),
        page_sources=page_sources,
        appendix=tuple(appendix),
        sources=composer.sources(),
    )


def _alert(briefing: CeoBriefing, composer: Composer) -> list[Section]:
    alert = briefing.alert
    if alert is None:
        return []
    told = f"{words(alert.alert_category)}, priority {alert.priority_level} of 10"
    blocks: list[Block] = [Note(f"This edition was called for by a strategic alert: {told}.")]
    if alert.findings:
        blocks.append(Prose(composer.statements(alert.findings), lead=True))
    return [Section("Strategic alert", "alert", tuple(blocks))]


def _front(
    briefing: CeoBriefing, decisions: ActionsAcrossPages, composer: Composer
) -> list[Section]:
    if briefing.nothing_material:
        note = Note(_nothing_material(briefing))
        return [Section("Nothing material", "nothing-material", (note,))]
    none = Note("No decision is asked of you in this edition.")
    blocks = decisions.front(composer) or [none]
    return [Section("For your decision", "decisions", tuple(blocks))]


def _about(briefing: CeoBriefing) -> Section:
    facts = (
        Fact("Edition", briefing.briefing_id),
        Fact("Follows", briefing.previous_briefing_id or "none; this is the first edition"),
    )
    return Section("About this edition", "about", (StatementList((Statement("", facts=facts),)),))


def _nothing_material(briefing: CeoBriefing) -> str:
    still_open = sum(change.kind is ChangeKind.STILL_OPEN for change in briefing.changes)
    sentence = (
        "No decision is asked of you, and nothing is new, escalated, changed or resolved"
        f"{' since the last edition' if briefing.previous_briefing_id else ''}."
    )
    if still_open:
        verb = "remains" if still_open == 1 else "remain"
        sentence += f" {counted(still_open, 'matter')} {verb} open as before."
    return sentence


def _changes_heading(briefing: CeoBriefing) -> str:
    return "Since the last edition" if briefing.previous_briefing_id else "What is new"


def _foremost_changes(briefing: CeoBriefing, composer: Composer) -> list[Block]:
    """Return how many changes of each kind there are, and the first that are not on the page yet."""
    if not briefing.changes:
        return []
    counts = [
        (sum(change.kind is kind for change in briefing.changes), words(kind).lower())
        for kind in _KINDS
    ]
    blocks: list[Block] = [Tally(tuple((count, name) for count, name in counts if count))]
    told = {source.title for source in composer.sources_so_far()}
    by_kind = [
        change
        for kind in _KINDS
        if kind is not ChangeKind.STILL_OPEN
        for change in briefing.changes
        if change.kind is kind and change.title not in told
    ]
    foremost = by_kind[:MOST_CHANGES]
    if foremost:
        news = tuple(_brief_change(change, composer) for change in foremost)
        blocks.append(StatementList(news, heading="Beside the above"))
    more = len(by_kind) - len(foremost)
    if more:
        blocks.append(Note(f"And {more:,} more in the appendix.", link="all-changes"))
    return [*blocks, *_omitted(briefing)]


def _brief_change(change: Change, composer: Composer) -> Statement:
    marks = () if change.finding is None else composer.statement(change.finding).marks
    return Statement(
        text=change.title,
        marks=marks,
        facts=(Fact("Priority", f"{_priority(change)}, {words(change.kind).lower()}"),),
        level=None if marks else change.confidentiality_level,
    )


def _change_blocks(briefing: CeoBriefing, composer: Composer) -> list[Block]:
    blocks: list[Block] = []
    for kind in _KINDS:
        changes = [change for change in briefing.changes if change.kind is kind]
        if changes:
            statements = tuple(_change(change, composer) for change in changes)
            blocks.append(StatementList(statements, heading=words(kind), ledger=True))
    return [*blocks, *_omitted(briefing)] if blocks else []


def _omitted(briefing: CeoBriefing) -> list[Block]:
    """Return the note on changes that the edition counts and does not tell."""
    if not briefing.changes_omitted:
        return []
    return [Note(f"And {briefing.changes_omitted:,} more, of less weight, not told here.")]


def _change(change: Change, composer: Composer) -> Statement:
    marks = () if change.finding is None else composer.statement(change.finding).marks
    return Statement(
        text="" if change.finding is None else change.finding.statement,
        marks=marks,
        title=change.title,
        facts=(Fact("Priority", _priority(change)),),
        level=None if marks else change.confidentiality_level,
    )


def _priority(change: Change) -> str:
    before = change.previous_priority
    if before is None or before == change.strategic_priority:
        return f"{change.strategic_priority} of 10"
    return f"{before} → {change.strategic_priority} of 10"


def _all_sources(briefing: CeoBriefing) -> list[Source]:
    nested = [source for summary in briefing.domains for source in summary.sources]
    return [*briefing.sources, *nested]
