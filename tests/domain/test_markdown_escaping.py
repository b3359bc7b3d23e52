from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from domain.markdown_escaping import escape_markdown, escape_markdown_lines, visible

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
NASTY = st.text(alphabet="aZ1 .)(#+-=*_`[]<>|~&;:!\\/\"'{}$^@\n\tä\u202e", max_size=60)


def rendered(markdown: str) -> tuple[list[str], str]:
    """Return the kinds of token and the text that a renderer shows."""
    kinds: list[str] = []
    shown: list[str] = []
    for token in PARSER.parse(markdown):
        kinds.append(token.type)
        for child in token.children or ():
            kinds.append(child.type)
            shown.append(" " if child.type in {"hardbreak", "softbreak"} else child.content)
    return kinds, "".join(shown)


@given(NASTY | st.text())
def test_escaped_text_is_one_paragraph_that_reads_as_the_text_does(text: str):
    line = " ".join(visible(text).split())
    kinds, shown = rendered(escape_markdown(text))
    assert shown == line
    if line:
        assert set(kinds) <= {"paragraph_open", "inline", "paragraph_close", "text", "text_special"}


@given(NASTY)
def test_escaped_text_stays_within_its_table_cell(text: str):
    kinds, _ = rendered(f"| a | b |\n| --- | --- |\n| {escape_markdown(text)} | end |")
    assert kinds.count("td_open") == 2
    assert kinds.count("tr_open") == 2
    assert not {"link_open", "html_inline", "code_inline", "image", "em_open"} & set(kinds)


@given(NASTY)
def test_escaped_lines_stay_lines_and_become_nothing_else(text: str):
    kinds, _ = rendered(escape_markdown_lines(text))
    assert set(kinds) <= {
        "paragraph_open",
        "inline",
        "paragraph_close",
        "text",
        "text_special",
        "hardbreak",
    }


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("# not a heading", r"\# not a heading"),
        ("1. not a list", r"1\. not a list"),
        ("2) nor this", r"2\) nor this"),
        ("2026 was good", "2026 was good"),
        ("a | b", r"a \| b"),
        ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
        ("<b>", r"\<b\>"),
        ("see https://evil.example", r"see https\://evil.example"),
        ("see www.evil.example", r"see www\.evil.example"),
        ("profit-and-loss (2026): up 3.5 %!", "profit-and-loss (2026): up 3.5 %!"),
        ("two\nlines", "two lines"),
        ("turned \u202eround", "turned round"),
    ],
)
def test_only_what_could_begin_a_structure_is_escaped(text: str, escaped: str):
    assert escape_markdown(text) == escaped
