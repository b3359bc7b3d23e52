"""A CEO briefing as a document: what needs a decision, the headline, what changed, risks, domains.

An edition with nothing material is as short as it says it is.
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
)
from presentation.risk_picture import risk_picture
from presentation.summary_document import domain_section
from presentation.wording import counted, horizon_title, minute, window, words

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
    sections = (*_front(briefing, composer), *_news(briefing, composer))
    return Document(
        genre="CEO briefing",
        title=horizon_title(briefing.time_horizon, briefing.generated_at),
        level=briefing.confidentiality_level,
        facts=_facts(briefing),
        notices=degradation_notices(briefing.degraded),
        sections=sections,
        sources=composer.sources(),
    )


def _facts(briefing: CeoBriefing) -> tuple[Fact, ...]:
    return (
        Fact("Prepared for", briefing.reader),
        Fact("Prepared", minute(briefing.generated_at)),
        Fact("Covers", window(briefing.window_start, briefing.generated_at)),
        Fact("Edition", briefing.briefing_id),
        Fact("Follows", briefing.previous_briefing_id or "none; this is the first edition"),
    )


def _front(briefing: CeoBriefing, composer: Composer) -> list[Section]:
    if briefing.nothing_material:
        sections = [
            Section("Nothing material", "nothing-material", (Note(_nothing_material(briefing)),))
        ]
    elif briefing.decisions:
        actions = composer.actions(briefing.decisions, named_sources=True)
        sections = [Section("For your decision", "decisions", tuple(actions))]
    else:
        note = Note("No decision is asked of you in this edition.")
        sections = [Section("For your decision", "decisions", (note,))]
    headline = without_repeats(briefing.headline, said=briefing.decisions)
    if headline:
        lead = Prose(composer.statements(headline), lead=True)
        sections.append(Section("In brief", "headline", (lead,)))
    return sections


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


def _news(briefing: CeoBriefing, composer: Composer) -> list[Section]:
    sections: list[Section] = []
    changes = _change_blocks(briefing, composer)
    if changes:
        heading = "Since the last edition" if briefing.previous_briefing_id else "What is new"
        sections.append(Section(heading, "changes", tuple(changes)))
    drawn = composer.draw(
        (summary.domain, risk) for summary in briefing.domains for risk in summary.risk_factors
    )
    picture = risk_picture(drawn)
    if picture:
        sections.append(Section("Priority and risk", "risk-picture", tuple(picture)))
    sections += [
        domain_section(summary, composer, decisions=briefing.decisions)
        for summary in briefing.domains
    ]
    return sections


def _change_blocks(briefing: CeoBriefing, composer: Composer) -> list[Block]:
    blocks: list[Block] = []
    for kind in _KINDS:
        changes = [change for change in briefing.changes if change.kind is kind]
        if changes:
            statements = tuple(_change(change, composer) for change in changes)
            blocks.append(StatementList(statements, heading=words(kind), ledger=True))
    return blocks


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
