from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from domain.analysis import ComprehensiveAnalysis
from domain.clearance import ConfidentialityLevel as Level
from domain.knowledge import Domain
from domain.markdown_escaping import escape_markdown, without_autolinks
from domain.summary import TimeHorizon
from presentation.prefect_pages import progress_of, shown_result
from presentation.rendering import Result, to_html
from tests.presentation import samples

RESULTS: list[Result] = [
    samples.summary(),
    samples.briefing(),
    samples.analysis(),
    samples.partial_analysis(),
    samples.empty_analysis(),
    samples.business_perspective(),
    samples.technical_perspective(),
]
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ADDRESS = re.compile(
    r"https?://[-.\w]+|www\.[-.\w]+|(?<![^\s\W])[-.\w+]+@[-\w]+(?:\.[-\w]+)+", re.IGNORECASE
)
"""What Prefect's pages make links of in a text whose backslashes are resolved already."""


def shown(result: Result, ceiling: Level, reader: str = "ana") -> Any:
    return shown_result(result, report_id="0a1b", reader=reader, installation="i1", ceiling=ceiling)


def kinds_and_texts(markdown: str) -> tuple[set[str], list[str]]:
    tokens = PARSER.parse(markdown)
    children = [child for token in tokens for child in token.children or ()]
    return {token.type for token in (*tokens, *children)}, [
        "".join(child.content for child in token.children or ()) for token in tokens
    ]


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_up_to_the_ceiling_all_of_it_is_shown_and_nothing_in_it_is_active(result: Result):
    level = result.confidentiality_level
    told = shown(result, level)
    assert told.reference == shown(result, Level.PUBLIC).reference
    kinds, texts = kinds_and_texts(told.markdown)
    assert not {"image", "link_open", "html_block", "html_inline"} & kinds
    text = "\n".join(texts)
    assert all(source.title in text for source in result.sources)
    assert level.value.replace("_", " ").upper() in text


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_above_the_ceiling_only_that_it_is_there(result: Result):
    level = result.confidentiality_level
    for ceiling in (one for one in Level if one.rank < level.rank):
        told = shown(result, ceiling)
        everything = repr(told)
        assert "that these pages do not show" in told.markdown
        assert "diarchy reports show 0a1b --as ana" in told.markdown
        for source in result.sources:
            assert source.title not in everything
            assert source.knowledge_id not in everything
        assert level.value not in everything
        assert level.value.replace("_", " ").upper() not in everything
        if isinstance(result, ComprehensiveAnalysis):
            assert result.requirement[:20] not in everything


def test_counts_are_those_of_findings_and_sources():
    analysis = samples.analysis()
    told = shown(analysis, Level.PUBLIC).markdown
    assert f"{len(analysis.sources)} sources" in told
    empty = shown(samples.empty_analysis(), Level.PUBLIC).markdown
    assert "An analysis that these pages do not show:** 0 findings, 0 sources." in empty


def test_editions_of_one_reader_and_horizon_are_versions_of_one_artifact():
    briefing = samples.briefing()
    month = briefing.model_copy(update={"time_horizon": TimeHorizon.MONTH})
    assert shown(briefing, Level.PUBLIC).key == shown(briefing, Level.TOP_SECRET).key
    keys = {
        shown(briefing, Level.PUBLIC).key,
        shown(month, Level.PUBLIC).key,
        shown(briefing, Level.PUBLIC, "Ana").key,
        shown(briefing, Level.PUBLIC, "Ånä / Söhne").key,
        *(shown(samples.summary(domain), Level.PUBLIC).key for domain in Domain),
        *(shown(result, Level.PUBLIC).key for result in (RESULTS[2], *RESULTS[-2:])),
    }
    assert len(keys) == 4 + 3 + 3
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) for key in keys)


@pytest.mark.parametrize("reader", ["*a* [x](https://evil.example)", "a\n\n<img src=x>", "`$(id)`"])
def test_a_reader_s_name_becomes_neither_markup_nor_a_command(reader: str):
    told = shown(samples.briefing(), Level.PUBLIC, reader).markdown
    kinds, texts = kinds_and_texts(told)
    assert not {"image", "link_open", "html_block", "html_inline", "em_open"} & kinds
    assert not ADDRESS.search("\n".join(texts))
    assert told.endswith("--as YOU")


@given(
    st.lists(
        st.sampled_from(
            ["http://", "https://", "www.", "evil", ".example", "@", "/x?y=", " ", "(", "W", "a-b"]
        ),
        max_size=8,
    ).map("".join)
)
def test_no_address_is_left_that_a_renderer_makes_a_link_of(text: str):
    _, texts = kinds_and_texts(without_autolinks(escape_markdown(text)))
    assert not ADDRESS.search("".join(texts))
    assert "".join(texts).replace("\u2060", "") == " ".join(text.split())


@pytest.mark.parametrize(
    ("told", "percent", "words"),
    [
        (("files", 1, 2), 10, "1 of 2 files read"),
        (("store", 1200, 0), 0, "1,200 items stored"),
        (("index", 0, 0), 20, "0 of 0 changes indexed"),
        (("index", 5, 5), 100, "5 of 5 changes indexed"),
    ],
)
def test_progress_is_told_in_counts(told: tuple[str, int, int], percent: float, words: str):
    assert progress_of(*told) == (percent, words)


@pytest.mark.parametrize("result", RESULTS[-2:], ids=lambda result: type(result).__name__)
def test_a_perspective_alone_is_a_page_too(result: Result):
    page = to_html(result)
    assert "requirement" in page
    assert result.confidentiality_level.value.replace("_", " ").upper() in page
