"""A conversation on paper: labelled, its sources numbered once, and no word of it more than a word."""

from __future__ import annotations

import re

import pytest
from lxml import html

from domain.clearance import ConfidentialityLevel
from presentation import conversation_html, conversation_markdown
from tests.presentation import samples
from tests.presentation.test_results import HOSTILE, harmless, page_text, skeleton, tokens


def test_the_label_covers_every_message_and_stands_first_and_last():
    session, messages = samples.conversation()
    assert session.confidentiality_level is ConfidentialityLevel.INTERNAL
    markdown = conversation_markdown(session, messages)
    assert markdown.startswith("**RESTRICTED**\n")
    assert markdown.endswith("**RESTRICTED**\n")
    body = html.fromstring(conversation_html(session, messages)).body
    assert body.get("class") == "level-restricted"


def test_who_answered_how_sure_and_why_and_what_failed_is_said_in_both_forms():
    session, messages = samples.conversation()
    markdown = conversation_markdown(session, messages)
    page = page_text(conversation_html(session, messages))
    for words in (
        "Sophia, 0.82, 22 November 2026, 07:00 UTC",
        "Why: It asks what it means.",
        "Missing: earlier sessions",
        "Not answered: timeout.",
    ):
        assert words in markdown
        assert words in page


def test_each_answers_own_numbers_become_those_of_one_list_of_sources():
    session, messages = samples.conversation()
    tree = html.fromstring(conversation_html(session, messages))
    marks = [
        [mark.text for mark in section.xpath(".//a[starts-with(@class, 'mark ')]")]
        for section in tree.xpath("//section[contains(@class, 'depth-2')]")
    ]
    assert marks == [[], ["1", "2", "3", "1"], ["3", "1"], []]
    titles = [each.text for each in tree.xpath("//*[@class='source-title']")]
    known = {source.knowledge_id: source.title for source in samples.all_sources()}
    assert titles == [known["RSK-114"], known["FIN-Q3-2026"], known["MKT-330"]]

    markdown = conversation_markdown(session, messages)
    assert r"A stop halts deliveries. [\[3 P\]](#source-3) [\[1 R\]](#source-1)" in markdown
    targets = set(re.findall(r"\]\(#([^)]*)\)", markdown))
    assert targets == {"source-1", "source-2", "source-3"}


def test_a_bracketed_number_that_a_source_wrote_is_no_citation():
    quoted = r"The annex \[1\] says so, and [7] is nobody's [2]."
    page = conversation_html(*samples.conversation(text=quoted))
    section = html.fromstring(page).xpath("//section[@aria-labelledby='message-2']")[0]
    said = " ".join(section.text_content().split())
    assert "The annex [1] says so, and [7] is nobody's." in said
    assert [mark.text for mark in section.xpath(".//a")] == ["1"]


def test_a_citation_within_a_sentence_does_not_take_it_apart():
    told = "**Hubs** [1]: “Two wait.”\n\n- **Memo** [2]: “By May.”"
    markdown = conversation_markdown(*samples.conversation(text=told))
    assert r"Hubs: “Two wait.” [\[1 R\]](#source-1)" in markdown
    assert r"- Memo: “By May.” [\[2 C\]](#source-2)" in markdown
    leads = html.fromstring(conversation_html(*samples.conversation(text=told))).xpath(
        "//*[@class='lead-in']"
    )
    assert [lead.text for lead in leads] == ["Hubs:", "Memo:"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_words_in_every_text_change_words_and_never_structure(hostile: str):
    planted, control = samples.conversation(hostile), samples.conversation(harmless(hostile))
    assert skeleton(conversation_html(*planted)) == skeleton(conversation_html(*control))
    assert tokens(conversation_markdown(*planted)) == tokens(conversation_markdown(*control))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_even_an_answer_that_was_not_escaped_brings_in_no_link_and_no_element(hostile: str):
    said = samples.conversation(text=f"Said: {hostile}")
    page, markdown = conversation_html(*said), conversation_markdown(*said)
    tree = html.fromstring(page)
    assert all(link.startswith("#") for link in tree.xpath("//@href"))
    assert not tree.xpath("//script | //img | //svg | //body//style | //@onload | //@onmouseover")
    assert "\u202e" not in page
    assert not [one for one in tokens(markdown) if one.startswith(("html", "image", "code"))]
    assert not [one for one in tokens(markdown) if "://" in one or "javascript" in one]


def test_a_conversation_with_nothing_to_read_says_so():
    session, _ = samples.conversation()
    assert "Nothing said yet" in conversation_markdown(session, [])
    assert "Nothing said yet" in page_text(conversation_html(session, []))
