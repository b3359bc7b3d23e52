"""What holds for every result in both forms: nothing unsaid, everything labelled, nothing let in."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections.abc import Callable

import pytest
from lxml import html
from markdown_it import MarkdownIt

from domain.analysis import Recommendation
from domain.clearance import ConfidentialityLevel
from domain.markdown_escaping import escape_markdown
from presentation import (
    Result,
    conversation_html,
    knowledge_item_html,
    knowledge_item_markdown,
    search_results_html,
    search_results_markdown,
    to_html,
    to_markdown,
)
from presentation.composition import MOST_SKETCHED
from presentation.wording import level_banner, level_letters
from tests.presentation import samples
from tests.presentation.walking import findings_in, with_texts

RESULTS: dict[str, Callable[[], Result]] = {
    "briefing": samples.briefing,
    "quiet briefing": samples.quiet_briefing,
    "analysis": samples.analysis,
    "partial analysis": samples.partial_analysis,
    "analysis without evidence": samples.empty_analysis,
    "summary": samples.summary,
    "market summary": lambda: samples.summary(samples.Domain.MARKET),
}

HOSTILE = (
    "</style><script>alert(1)</script>",
    "]]><svg onload=alert(1)><a href='javascript:alert(1)'>x</a>",
    '" onmouseover="alert(1)" x="',
    "[look](javascript:alert(1)) ![p](http://evil.example/p.png) <http://evil.example>",
    "\n\n# heading\n\n- list\n1. numbered\n> quote\n---\n===\n",
    "\n```\ncode\n~~~\n<!-- comment\n",
    "\n| a | b |\n| --- | --- |\n| c | d |\n",
    "[^1]: note [ref]: http://evil.example `code` **bold** _em_ ~~gone~~ \\",
    "{{ 7 * 7 }}{% raw %}&lt;b&gt;&#x3c;script&#x3e;",
    "\u202egnp.exe\u2066 \x07\x00 www.evil.example https://evil.example/?q=1",
)


def page_text(page: str) -> str:
    return " ".join(html.fromstring(page).text_content().split())


def all_forms() -> dict[str, str]:
    forms: dict[str, str] = {}
    for name, make in RESULTS.items():
        forms[name] = to_html(make())
    forms["search"] = search_results_html("open charging data", samples.results())
    forms["nothing found"] = search_results_html("tulips", [])
    forms["item"] = knowledge_item_html(samples.ITEMS["RSK-121"])
    forms["conversation"] = conversation_html(*samples.conversation())
    return forms


PAGES = all_forms()


@pytest.mark.parametrize("name", RESULTS)
def test_every_finding_is_said_in_markdown_and_on_the_page(name: str):
    result = RESULTS[name]()
    markdown, text = to_markdown(result), page_text(to_html(result))
    for finding in findings_in(result):
        assert escape_markdown(finding.statement) in markdown
        assert finding.statement in text


@pytest.mark.parametrize("name", RESULTS)
def test_the_level_stands_first_and_last(name: str):
    result = RESULTS[name]()
    banner = level_banner(result.confidentiality_level)
    markdown = to_markdown(result)
    assert markdown.startswith(f"**{banner}**\n")
    assert markdown.endswith(f"**{banner}**\n")
    body = html.fromstring(to_html(result)).body
    banners = body.xpath("//*[@class='banner']")
    assert [each.text_content() for each in banners] == [f"Confidentiality level: {banner}"] * 2
    assert banners[0].getparent().tag == "header"
    assert banners[1].getparent().tag == "footer"
    assert body.get("class") == f"level-{banner.lower().replace(' ', '-')}"


@pytest.mark.parametrize("level", ConfidentialityLevel)
def test_each_level_is_printed_on_every_sheet(level: ConfidentialityLevel):
    style = html.fromstring(PAGES["item"]).xpath("//style")[0].text
    name = level_banner(level)
    page = f"level-{name.lower().replace(' ', '-')}"
    rule = re.search(rf"@page {page} \{{(.*?)\n", style)
    assert rule is not None
    assert rule.group(1).count(f'content: "{name}"') == 2
    assert f"body.{page} {{ page: {page}; }}" in style


@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs_nothing_and_fetches_nothing(name: str):
    tree = html.fromstring(PAGES[name])
    assert not tree.xpath("//script | //link | //img | //iframe | //object | //embed | //form")
    assert not tree.xpath("//@src | //@style | //@srcset | //@action")
    assert all(link.startswith("#") for link in tree.xpath("//@href"))
    style = tree.xpath("//style")
    assert len(style) == 1
    assert not re.search(r"url\(|@import|https?:", style[0].text)


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_of_a_page_names_its_own_style_and_allows_nothing_else(name: str):
    tree = html.fromstring(PAGES[name])
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    digest = hashlib.sha256(tree.xpath("//style")[0].text.encode()).digest()
    assert f"style-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert policy.startswith("default-src 'none';")
    assert tree.xpath("//meta[@name='robots']/@content")[0].startswith("noindex")
    assert tree.xpath("//meta[@name='referrer']/@content") == ["no-referrer"]


@pytest.mark.parametrize("name", PAGES)
def test_ids_are_unique_and_everything_that_points_inside_the_page_arrives(name: str):
    tree = html.fromstring(PAGES[name])
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    pointers = [link.removeprefix("#") for link in tree.xpath("//@href")]
    pointers += [name for names in tree.xpath("//@aria-labelledby") for name in names.split()]
    assert pointers
    assert set(pointers) <= set(ids)


@pytest.mark.parametrize("name", PAGES)
def test_headings_descend_one_step_at_a_time_from_a_single_first(name: str):
    tree = html.fromstring(PAGES[name])
    depths = [int(each.tag[1]) for each in tree.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert depths.count(1) == 1
    assert depths[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(depths))
    assert tree.get("lang") == "en"
    assert len(tree.xpath("//main")) == 1
    assert tree.xpath("//a[@class='skip']/@href") == ["#main"]


@pytest.mark.parametrize("name", RESULTS)
def test_every_mark_shows_the_level_of_the_source_that_it_leads_to(name: str):
    result = RESULTS[name]()
    tree = html.fromstring(to_html(result))
    levels = {source.title: source.confidentiality_level for source in samples.all_sources()}
    for mark in tree.xpath("//a[starts-with(@class, 'mark ')]"):
        quote = tree.get_element_by_id(mark.get("href").removeprefix("#"))
        entry = next(each for each in quote.iterancestors("li"))
        letters = mark.xpath("./*[@class='letters']")[0].text
        shown = entry.xpath("./*[starts-with(@class, 'mark')]")[0].text_content()
        assert shown == mark.text_content()
        title = entry.xpath(".//*[@class='source-title']")[0].text
        if title in levels:
            assert letters == level_letters(levels[title])
            assert mark.text.isdecimal()
        else:
            assert mark.text in {"Req", "Ctx"}


@pytest.mark.parametrize("name", ["briefing", "analysis", "summary"])
def test_numbers_are_given_in_the_order_of_first_citation(name: str):
    tree = html.fromstring(to_html(RESULTS[name]()))
    labels = [mark.text for mark in tree.xpath("//a[starts-with(@class, 'mark ')]")]
    numbers = [int(label) for label in dict.fromkeys(labels) if label.isdecimal()]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", ["briefing", "analysis", "summary"])
def test_markdown_marks_lead_to_the_headings_of_sources(name: str):
    markdown = to_markdown(RESULTS[name]())
    targets = set(re.findall(r"\]\(#([^)]*)\)", markdown))
    headings = {
        heading.lower().replace(" ", "-")
        for heading in re.findall(r"^#### (.*)$", markdown, re.MULTILINE)
    }
    assert targets
    assert targets <= headings


@pytest.mark.parametrize("name", RESULTS)
def test_the_same_result_gives_the_same_bytes(name: str):
    assert to_html(RESULTS[name]()) == to_html(RESULTS[name]())
    assert to_markdown(RESULTS[name]()) == to_markdown(RESULTS[name]())


def harmless(hostile: str) -> str:
    """Return *hostile* with its shape of lines and words but no character that means anything."""
    kept = re.sub("[\u202a-\u202e\u2066-\u2069\x00\x07]", "", hostile)
    return re.sub(r"[^\w\s]|_|\d", "x", kept)


def skeleton(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the elements of *page* with the names of their attributes, without the content."""
    return [
        (str(element.tag), tuple(sorted(element.attrib)))
        for element in html.fromstring(page).iter()
    ]


def tokens(markdown: str) -> list[str]:
    """Return what a renderer makes of *markdown*, without the words."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    found: list[str] = []
    for token in parser.parse(markdown):
        found.append(token.type)
        found += [
            f"{child.type} {child.attrGet('href') or ''}"
            for child in token.children or ()
            if child.type not in {"text", "text_special", "softbreak"}
        ]
    return found


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("name", RESULTS)
def test_hostile_text_in_every_field_changes_words_and_never_structure(name: str, hostile: str):
    result = RESULTS[name]()
    planted = with_texts(result, lambda text: text + hostile + text)
    control = with_texts(result, lambda text: text + harmless(hostile) + text)
    page = to_html(planted)
    assert skeleton(page) == skeleton(to_html(control))
    assert "<script" not in page
    assert "\u202e" not in page
    assert tokens(to_markdown(planted)) == tokens(to_markdown(control))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_items_and_queries_change_words_and_never_structure(hostile: str):
    def forms(plant: str) -> tuple[str, str, str, str]:
        found = with_texts(samples.results(), lambda text: text + plant + text)
        item = with_texts(samples.ITEMS["RSK-121"], lambda text: text + plant + text)
        return (
            search_results_html(plant, found),
            knowledge_item_html(item),
            search_results_markdown(plant, found),
            knowledge_item_markdown(item),
        )

    planted, control = forms(hostile), forms(harmless(hostile))
    assert [skeleton(page) for page in planted[:2]] == [skeleton(page) for page in control[:2]]
    assert [tokens(text) for text in planted[2:]] == [tokens(text) for text in control[2:]]


def headings(tree: html.HtmlElement, path: str) -> list[str]:
    return [each.text_content().split("\n")[0].strip() for each in tree.xpath(path)]


FIRST_PAGES = {
    "briefing": ["For your decision", "In brief", "Since the last edition", "Priority and risk"],
    "analysis": [
        *("Executive summary", "Recommendations", "What is missing", "Confidence", "Timeline"),
        "Priority and risk",
    ],
    "summary": ["What to do", "Priorities", "Insights", "Priority and risk", "Opportunities"],
}


@pytest.mark.parametrize("name", FIRST_PAGES)
def test_the_first_page_asks_and_tells_in_brief_and_the_appendix_is_folded(name: str):
    result = RESULTS[name]()
    tree = html.fromstring(to_html(result))
    shown = headings(tree, "//section[contains(@class, 'depth-2')]/h2")
    assert shown == FIRST_PAGES[name]
    folded = tree.xpath("//section[@class='appendix']/details")
    assert headings(tree, "//section[@class='appendix']//summary/h3")[-1] == "Sources"
    assert all(each.get("open") is None for each in folded)
    in_markdown = re.findall(r"^## (.*)$", to_markdown(result), re.MULTILINE)
    assert in_markdown == [*FIRST_PAGES[name], "Appendix"]


@pytest.mark.parametrize("name", RESULTS)
def test_without_its_appendix_a_result_is_its_first_page_with_a_line_a_source(name: str):
    result = RESULTS[name]()
    full, short = to_markdown(result), to_markdown(result, appendix=False)
    page = full.partition("\n\n---\n\n## Appendix")[0]
    unlinked = re.sub(r"\[(\\\[[^]]*\\\])\]\(#[^)]*\)", r"\1", page)
    assert short.startswith(unlinked)
    listed = short[len(unlinked) :]
    assert set(re.findall(r"\\\[.*?\\\]", unlinked)) == set(re.findall(r"\\\[.*?\\\]", listed))
    assert "](#" not in short


def many_decisions(length: int) -> tuple[Recommendation, ...]:
    foremost = samples.DECISIONS[0]
    return tuple(
        foremost.model_copy(update={"rank": rank, "statement": f"Decide {rank}: {'so ' * length}"})
        for rank in range(1, 21)
    )


@pytest.mark.parametrize(("length", "shown"), [(5, 7), (100, 3), (2_000, 1)])
def test_the_page_holds_whole_decisions_as_many_as_fit_and_the_appendix_the_others(
    length: int, shown: int
):
    briefing = samples.briefing().model_copy(update={"decisions": many_decisions(length)})
    tree = html.fromstring(to_html(briefing))
    front = tree.xpath("//ol[@class='actions foremost']/li")
    assert len(front) == shown
    assert all(
        decision.statement.strip() in " ".join(entry.text_content().split())
        for decision, entry in zip(briefing.decisions, front, strict=False)
    )
    (others,) = tree.xpath("//*[@id='further-actions-body']//ol")
    assert others.get("start") == str(shown + 1)
    assert len(others) == 20 - shown
    (pointer,) = tree.xpath("//a[@href='#further-actions-body']")
    assert pointer.text.startswith(f"{20 - shown} further decision")


def test_changes_that_were_left_out_are_counted():
    briefing = samples.briefing().model_copy(update={"changes_omitted": 37})
    assert "And 37 more, of less weight, not told here." in to_markdown(briefing)
    assert "more, of less weight" not in to_markdown(samples.briefing())


def test_when_and_what_stand_out_in_a_decision_and_no_word_of_it_changes():
    title = samples.ITEMS["RSK-114"].title
    statement = f"Decide by 4 December 2026: {title} – shall we?"
    decision = samples.DECISIONS[3].model_copy(update={"statement": statement})
    briefing = samples.briefing().model_copy(update={"decisions": (decision,)})
    (said,) = html.fromstring(to_html(briefing)).xpath("//ol[@class='actions foremost']//p")
    assert said.xpath("./*[@class='lead-in']")[0].text == "Decide by 4 December 2026:"
    assert said.xpath("./*[@class='subject']")[0].text.strip() == title
    assert said.text_content().startswith(statement)
    assert "*Due:*" not in to_markdown(briefing).partition("## In brief")[0]


def test_a_search_without_results_claims_no_level():
    page, markdown = search_results_html("tulips", []), search_results_markdown("tulips", [])
    assert markdown.startswith("**NO RESULTS**\n")
    banners = html.fromstring(page).xpath("//*[@class='banner']")
    assert [each.text_content() for each in banners] == ["NO RESULTS"] * 2
    assert html.fromstring(page).xpath("//title")[0].text.startswith("NO RESULTS — Search")
    assert html.fromstring(page).body.get("class") == "level-none"


def test_changes_are_told_from_escalated_to_still_open_with_both_priorities():
    markdown = to_markdown(samples.briefing())
    kinds = ["Escalated", "New", "Changed", "Resolved", "Still open"]
    places = [markdown.index(f"**{kind}**") for kind in kinds]
    assert places == sorted(places)
    assert "6 → 9 of 10" in markdown


def test_a_decision_that_is_asked_for_is_not_asked_again_in_its_domain():
    markdown = to_markdown(samples.briefing())
    assert markdown.count(samples.DECISIONS[0].statement) == 1
    assert markdown.count("Pay the retention bonus") == 1


def test_an_edition_with_nothing_material_says_so_and_is_short():
    markdown = to_markdown(samples.quiet_briefing())
    assert "nothing is new, escalated, changed or resolved since the last edition" in markdown
    assert "1 matter remains open as before" in markdown
    assert len(to_markdown(samples.quiet_briefing(), appendix=False).splitlines()) < 24


def test_what_an_analysis_lacks_stands_before_its_conclusions():
    markdown = to_markdown(samples.partial_analysis())
    missing = markdown.index("Missing: technical perspective.")
    assert missing < markdown.index("## Recommendations")
    assert "This analysis lacks the technical perspective." in markdown
    silent = to_markdown(samples.analysis())
    assert "was found in: human resources and partnership opportunities." in silent


def test_an_analysis_without_evidence_concludes_nothing():
    markdown = to_markdown(samples.empty_analysis())
    assert "nothing is concluded" in markdown
    assert "0.00 — none: no evidence bears on the question" in markdown
    assert "## Sources" not in markdown


def test_requirements_read_as_people_write_them():
    text = page_text(to_html(samples.analysis()))
    for value in (
        "at least 1,000 requests a second",
        "at least 99.95 %",
        "at most EUR 1.8 million",
        "by 31 March 2027",
    ):
        assert value in text


def test_hundreds_of_findings_are_all_told_and_the_picture_stays_legible():
    summary = samples.summary()
    risks = tuple(
        risk.model_copy(update={"statement": f"{risk.statement} Case {number}."})
        for number in range(100)
        for risk in summary.risk_factors
    )
    page = to_html(summary.model_copy(update={"risk_factors": risks}))
    text = page_text(page)
    assert all(risk.statement in text for risk in risks)
    sketched, plotted = (len(key) for key in html.fromstring(page).xpath("//ol[@class='key']"))
    assert (sketched, plotted) == (MOST_SKETCHED, 24)
    assert "listed in the text only: 276" in text


def test_a_long_requirement_is_named_by_its_first_line_and_then_given_in_its_own_lines():
    requirement = (
        "Live tracking\n\nEvery container reports each minute.\n\nAll data stays in the EU."
    )
    analysis = samples.analysis().model_copy(update={"requirement": requirement})
    tree = html.fromstring(to_html(analysis))
    assert tree.xpath("//h1")[0].text == "Live tracking"
    assert tree.xpath("//*[@class='quotation']")[0].text == requirement


def test_a_headline_that_repeats_a_decision_is_not_printed_twice():
    briefing = samples.briefing()
    repeated = briefing.model_copy(update={"headline": (briefing.decisions[0],)})
    assert to_markdown(repeated).count(briefing.decisions[0].statement) == 1


def test_a_source_that_the_statement_already_names_is_not_named_beside_it():
    briefing = samples.briefing()
    title = samples.ITEMS["RSK-114"].title
    named = briefing.decisions[3].model_copy(update={"statement": f"{title}: sign the contract."})
    plain, repeated = (
        to_markdown(briefing.model_copy(update={"decisions": (decision,)}))
        for decision in (briefing.decisions[3], named)
    )
    assert f"*Rests on:* {title}" in plain
    assert "*Rests on:*" not in repeated
