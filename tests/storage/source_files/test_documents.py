from __future__ import annotations

import codecs
import struct
import zipfile
from io import BytesIO
from pathlib import Path

import docx
import pytest

from domain.clearance import ConfidentialityLevel
from storage.source_files import docx_text, whole_text
from tests.storage.source_files.written import (
    items_of,
    only_problem,
    only_record,
    validated,
    write,
    write_pdf,
)

FRONT_MATTER = """---
knowledge_id: plan-1
title: North plan
category: strategic_planning
confidentiality_level: Top Secret
strategic_priority: 8
tags: [north, 2026, "q3"]
created_at: 2026-03-01T09:00:00Z
updated_at: 2026-03-01 11:30:00+02:00
metadata:
  region: north
  day: 2026-03-01
---

# Heading

Body with --- in it.

---

After a rule.
"""


def test_front_matter_labels_a_markdown_file_and_the_rest_is_its_content(tmp_path: Path):
    (item,) = items_of(write(tmp_path / "a.md", FRONT_MATTER))
    assert item.knowledge_id == "plan-1"
    assert item.confidentiality_level is ConfidentialityLevel.TOP_SECRET
    assert (item.title, item.strategic_priority) == ("North plan", 8)
    assert item.tags == ("north", "2026", "q3")
    assert item.created_at < item.updated_at
    assert item.metadata == {"region": "north", "day": "2026-03-01"}
    assert item.content == "# Heading\n\nBody with --- in it.\n\n---\n\nAfter a rule."


@pytest.mark.parametrize(
    ("labels", "field"),
    [
        ("created_at: 2026-03-01T09:00:00", "created_at"),
        ("created_at: 2026-03-01", "created_at"),
        ("created_at: 2026-02-30T09:00:00Z", "created_at"),
        ("confidentiality_level: hush", "confidentiality_level"),
        ("confidentiality_level: [public]", "confidentiality_level"),
        ("strategic_priority: 11", "strategic_priority"),
        ("strategic_priority: 0o7", "strategic_priority"),
        ("colour: red", "colour"),
        ("content: elsewhere", "content"),
        ("metadata: {n: .nan, 2: x}", None),
        ("confidentiality_level: public\nconfidentiality_level: top_secret", None),
        ("metadata: {a: &x [1], b: *x}", None),
        ("title: !!python/object/apply:os.system [ls]", None),
        ("title: !shout hi", None),
        ("title: 'unclosed", None),
        ("- a\n- b", None),
        ("just text", None),
        ("metadata: " + "[" * 5000, None),
        ("title: a\x01b", None),
    ],
    ids=lambda value: None if value is None else value[:40],
)
def test_front_matter_that_is_not_right_refuses_the_file(
    tmp_path: Path, labels: str, field: str | None
):
    path = write(tmp_path / "a.md", f"---\n{labels}\n---\nText")
    batch = validated(path)
    assert batch.items == []
    if field is not None:
        assert [problem.field for problem in batch.refused] == [field]


def test_front_matter_without_an_end_is_never_taken_for_text(tmp_path: Path):
    problem = only_problem(
        write(tmp_path / "a.md", "---\nconfidentiality_level: top_secret\n\nText")
    )
    assert "front matter" in problem.reason


def test_words_that_yaml_at_large_would_turn_into_something_else_stay_text(tmp_path: Path):
    path = write(
        tmp_path / "a.md", "---\nknowledge_id: 007\ntitle: no\nmetadata: {t: 12:30, o: 010}\n---\nx"
    )
    record = only_record(path)
    assert record.fields["knowledge_id"] == "007"
    assert record.fields["title"] == "no"
    assert record.fields["metadata"] == {"t": "12:30", "o": "010"}


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.md", "Intro\n\n## The *North* `plan` &amp; [link](x)\n\nText", "The North plan & link"),
        ("a.md", "North plan\n==========\n\nText", "North plan"),
        ("a.md", "```\n# no heading\n```\n\n# Heading", "Heading"),
        ("north-plan.md", "Only text", "north-plan"),
        ("a.txt", "# Not Markdown", "a"),
        ("a.md", "# " + "long " * 200, ("long " * 100)[:499] + "…"),
        ("line\nbreak.md", "Text", "line break"),
    ],
)
def test_a_title_nobody_gave_is_the_first_heading_or_the_name(
    tmp_path: Path, name: str, text: str, title: str
):
    (item,) = items_of(write(tmp_path / name, text))
    assert item.title == title


def test_a_sidecar_wins_over_what_the_document_says(tmp_path: Path):
    path = write(tmp_path / "a.md", FRONT_MATTER)
    write(tmp_path / "a.md.yaml", "confidentiality_level: restricted\ntitle: Sidecar\nsource:\n")
    (item,) = items_of(path)
    assert item.confidentiality_level is ConfidentialityLevel.RESTRICTED
    assert (item.title, item.knowledge_id) == ("Sidecar", "plan-1")


@pytest.mark.parametrize(
    "sidecar", [b"- a", b"\xff\xfe\xff", b"a: 1\na: 2", b"", b"a: *b", b"a" * 1_100_000]
)
def test_a_document_whose_sidecar_cannot_be_read_is_refused(tmp_path: Path, sidecar: bytes):
    path = write(tmp_path / "a.txt", "Text")
    write(tmp_path / "a.txt.yaml", sidecar)
    assert "described by a file" in only_problem(path).reason


def test_a_sidecar_that_is_a_folder_or_there_twice_refuses_the_document(tmp_path: Path):
    path = write(tmp_path / "a.txt", "Text")
    (tmp_path / "a.txt.yaml").mkdir()
    assert "cannot be read" in only_problem(path).reason
    other = write(tmp_path / "b.txt", "Text")
    write(tmp_path / "b.txt.yaml", "title: x")
    write(tmp_path / "b.txt.yml", "title: y")
    assert "two files" in only_problem(other).reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "holds no text"),
        (b"---\ntitle: x\n---\n", "holds no text"),
        ("Müller".encode("latin-1"), "not UTF-8"),
        ("text".encode("utf-16")[:-1], "not UTF-8"),
        ("text".encode("utf-16-le"), "NUL"),
        (b"a\0b", "NUL"),
    ],
)
@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html"])
def test_text_that_is_empty_or_not_text_is_refused(
    tmp_path: Path, name: str, data: bytes, reason: str
):
    if name == "a.html" and b"title" in data:
        data = b"<html><head><title>x</title></head><body></body></html>"
    assert reason in only_problem(write(tmp_path / name, data)).reason


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + "grün 🌱\r\nzwei".encode(),
        "grün 🌱\rzwei".encode("utf-16"),
        codecs.BOM_UTF16_BE + "grün 🌱\nzwei".encode("utf-16-be"),
    ],
)
def test_byte_order_marks_and_line_ends_are_understood(tmp_path: Path, data: bytes):
    assert items_of(write(tmp_path / "a.txt", data))[0].content == "grün 🌱\nzwei"


def test_a_document_of_five_megabytes_passes_and_one_beyond_the_bound_is_not_read(
    tmp_path: Path,
):
    path = write(tmp_path / "a.txt", "0123456789" * 500_000)
    assert len(items_of(path)[0].content) == 5_000_000
    with path.open("r+b") as file:
        file.truncate(whole_text.MAX_TEXT_BYTES + 1)
    assert "larger than 80 MB" in only_problem(path).reason


def test_html_keeps_paragraphs_lists_and_tables_and_drops_what_is_not_read(tmp_path: Path):
    page = """<!DOCTYPE html><html><head><title> North
     plan </title><style>p {}</style><script>steal()</script>
    <meta name="diarchy:confidentiality_level" content="restricted">
    <meta name="DIARCHY:tags" content="a; b"><meta name="description" content="x"></head>
    <body><nav><a href="/">Home</a></nav><!-- hidden -->
    <h1>North</h1><p>We   grow<br>in <b>Ber</b>lin.</p>tail<script>x</script> goes on
    <ul><li>one</li><li><p>two</p></li></ul>
    <table><tr><th>Year</th><th>Sum</th></tr><tr><td><p>2026</p></td><td> 7 &amp; 8</td></tr>
    <tr><td></td><td>9</td></tr></table>
    <pre>a
  b</pre>after<noscript>no</noscript><template>t</template></body></html>"""
    (item,) = items_of(write(tmp_path / "a.html", page))
    assert item.title == "North plan"
    assert item.confidentiality_level is ConfidentialityLevel.RESTRICTED
    assert item.tags == ("a", "b")
    assert item.content == (
        "North\n\nWe grow\nin Berlin.\n\ntail goes on\n\none\ntwo\n\n"
        "Year | Sum\n2026 | 7 & 8\n | 9\n\na\n  b\n\nafter"
    )


def test_html_without_a_title_takes_its_first_heading(tmp_path: Path):
    (item,) = items_of(write(tmp_path / "a.htm", "<h2>North <i>plan</i></h2>Text"))
    assert item.title == "North plan"


@pytest.mark.parametrize(
    ("meta", "field"),
    [
        ('<meta name="diarchy:colour" content="red">', "colour"),
        ('<meta name="diarchy:content" content="x">', "content"),
        (
            '<meta name="diarchy:confidentiality_level" content="public">' * 2,
            "confidentiality_level",
        ),
        ('<meta name="diarchy:strategic_priority" content="11">', "strategic_priority"),
    ],
)
def test_html_labels_that_are_not_right_refuse_the_page(tmp_path: Path, meta: str, field: str):
    path = write(tmp_path / "a.html", f"<html><head>{meta}</head><body>Text</body></html>")
    assert [problem.field for problem in validated(path).refused] == [field]


def test_html_that_is_deep_broken_or_very_long_loses_no_text(tmp_path: Path):
    deep = write(tmp_path / "deep.html", "<div>" * 1500 + "bottom" + "</div>" * 1500)
    assert items_of(deep)[0].content == "bottom"
    broken = write(tmp_path / "broken.html", "<p>one<p>two</b></div><td>three <unknown>four")
    assert items_of(broken)[0].content.split() == ["one", "two", "three", "four"]
    long = write(tmp_path / "long.html", "<p>" + "word " * 2_400_000 + "end</p>")
    assert items_of(long)[0].content.endswith("word end")


def test_xhtml_that_declares_its_encoding_is_read(tmp_path: Path):
    page = '<?xml version="1.0" encoding="ISO-8859-1"?><html><body><p>grün</p></body></html>'
    assert items_of(write(tmp_path / "a.html", page))[0].content == "grün"


def test_the_pages_of_a_pdf_are_parted_by_a_blank_line(tmp_path: Path):
    path = write_pdf(tmp_path / "report.pdf", ["We grow.", "We hire."], title="North plan")
    write(tmp_path / "report.pdf.yaml", "confidentiality_level: confidential")
    (item,) = items_of(path)
    assert (item.title, item.content) == ("North plan", "We grow.\n\nWe hire.")
    assert item.confidentiality_level is ConfidentialityLevel.CONFIDENTIAL


def test_a_pdf_that_opens_without_a_password_is_read_and_a_locked_one_told(tmp_path: Path):
    assert items_of(write_pdf(tmp_path / "a.pdf", ["Open."], password=""))[0].content == "Open."
    locked = write_pdf(tmp_path / "b.pdf", ["Locked."], password="pass")  # noqa: S106 a test's own
    assert "encrypted" in only_problem(locked).reason


def test_a_pdf_without_text_is_told(tmp_path: Path):
    assert "holds no text" in only_problem(write_pdf(tmp_path / "scan.pdf", ["", ""])).reason


def test_a_pdf_cut_off_or_damaged_is_told_or_read_and_raises_nothing(tmp_path: Path):
    whole = write_pdf(tmp_path / "a.pdf", ["We grow.", "We hire."]).read_bytes()
    assert "not a PDF" in only_problem(write(tmp_path / "b.pdf", b"%PDF-1.7 nonsense")).reason
    assert only_problem(write(tmp_path / "empty.pdf", b"")).reason == "is empty"
    for length in range(20, len(whole), 97):
        validated(write(tmp_path / "cut.pdf", whole[:length]))


def test_a_word_document_is_read_in_order_with_its_tables(tmp_path: Path):
    document = docx.Document()
    document.add_heading("North plan", level=1)
    document.add_paragraph("We grow.")
    table = document.add_table(rows=2, cols=2)
    for row, values in zip(table.rows, (("Year", "Sum"), ("2026", "7")), strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    merged = document.add_table(rows=1, cols=3)
    merged.cell(0, 0).merge(merged.cell(0, 1)).text = "wide"
    merged.cell(0, 2).text = "narrow"
    document.add_paragraph("one", style="List Bullet")
    document.add_paragraph("two", style="List Bullet")
    document.add_paragraph("After.")
    document.save(str(tmp_path / "plan.docx"))
    (item,) = items_of(tmp_path / "plan.docx")
    assert item.title == "North plan"
    assert item.content == (
        "North plan\n\nWe grow.\n\nYear | Sum\n2026 | 7\n\nwide | narrow\n\none\ntwo\n\nAfter."
    )


def test_a_word_document_that_is_empty_broken_or_locked_is_told(tmp_path: Path):
    docx.Document().save(str(tmp_path / "blank.docx"))
    assert "holds no text" in only_problem(tmp_path / "blank.docx").reason
    whole = (tmp_path / "blank.docx").read_bytes()
    for number, data in enumerate((b"", whole[: len(whole) // 2], b"PK\x03\x04", whole[100:])):
        assert only_problem(write(tmp_path / f"{number}.docx", data)).row is None
    other = BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("hello.txt", "no document")
    assert (
        "not a Word document" in only_problem(write(tmp_path / "z.docx", other.getvalue())).reason
    )
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack("<I", 0) * 500
    assert "password" in only_problem(write(tmp_path / "locked.docx", locked)).reason


def test_a_word_document_that_unpacks_without_end_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(docx_text, "MAX_UNPACKED_BYTES", 1_000)
    docx.Document().save(str(tmp_path / "bomb.docx"))
    assert "unpacks to more" in only_problem(tmp_path / "bomb.docx").reason


def test_reading_the_same_documents_again_gives_the_same_ids(tmp_path: Path):
    path = write(tmp_path / "North Plan.md", "Text")
    first, again = items_of(path)[0], items_of(path)[0]
    assert first == again
    assert first.knowledge_id.startswith("north-plan-")
    assert first.source == "North Plan.md"
