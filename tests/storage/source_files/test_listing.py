from __future__ import annotations

import os
from pathlib import Path

from storage.source_files import find_files
from tests.storage.source_files.written import write


def names(paths: list[Path], under: Path) -> list[str]:
    return [path.relative_to(under).as_posix() for path in paths]


def test_a_folder_gives_its_readable_files_sorted_at_every_depth(tmp_path: Path):
    for name in ("b.md", "a.TXT", "z/c.csv", "z/a.parquet", "m/n/o.jsonl", "d.docx", "p.pdf"):
        write(tmp_path / name, "x")
    listing = find_files([tmp_path])
    assert names(listing.files, tmp_path) == [
        "a.TXT",
        "b.md",
        "d.docx",
        "p.pdf",
        "m/n/o.jsonl",
        "z/a.parquet",
        "z/c.csv",
    ]
    assert listing.problems == listing.skipped == []


def test_hidden_files_and_sidecars_are_passed_over(tmp_path: Path):
    for name in (
        ".git/a.md",
        ".hidden.md",
        "~$open.docx",
        "a.pdf",
        "a.pdf.yaml",
        "b.md",
        "b.md.yml",
    ):
        write(tmp_path / name, "x")
    listing = find_files([tmp_path])
    assert names(listing.files, tmp_path) == ["a.pdf", "b.md"]
    assert listing.problems == listing.skipped == []


def test_files_of_other_kinds_and_orphaned_sidecars_are_told(tmp_path: Path):
    for name in ("photo.png", "gone.md.yaml", "config.yaml", "noending"):
        write(tmp_path / name, "x")
    listing = find_files([tmp_path])
    assert listing.files == []
    told = [Path(problem.file).name for problem in listing.skipped]
    assert told == ["config.yaml", "gone.md.yaml", "noending", "photo.png"]
    assert all(".parquet" in problem.reason for problem in listing.skipped)


def test_what_is_named_and_cannot_be_read_is_a_problem(tmp_path: Path):
    named = [
        tmp_path / "missing.md",
        write(tmp_path / "photo.png", "x"),
        tmp_path / ("x" * 300 + ".md"),
        tmp_path / "nul\0.md",
    ]
    listing = find_files(named)
    assert listing.files == []
    assert len(listing.problems) == 4
    assert "No such file" in listing.problems[0].reason


def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.md")
    assert [problem.reason for problem in find_files([tmp_path]).skipped] == [
        "is not a regular file"
    ]
    assert len(find_files([tmp_path / "pipe.md"]).problems) == 1


def test_a_file_reached_twice_is_listed_once(tmp_path: Path):
    file = write(tmp_path / "folder" / "a.md", "x")
    (tmp_path / "folder" / "link.md").symlink_to(file)
    listing = find_files([file, tmp_path / "folder", tmp_path, file])
    assert listing.files == [file]


def test_links_that_leave_the_folder_are_not_followed_but_told(tmp_path: Path):
    write(tmp_path / "outside" / "secret.md", "x")
    inside = write(tmp_path / "folder" / "a.md", "x").parent
    (inside / "file.md").symlink_to(tmp_path / "outside" / "secret.md")
    (inside / "tree").symlink_to(tmp_path / "outside")
    (inside / "broken.md").symlink_to(tmp_path / "nowhere.md")
    listing = find_files([inside])
    assert names(listing.files, inside) == ["a.md"]
    assert [Path(problem.file).name for problem in listing.skipped] == [
        "broken.md",
        "file.md",
        "tree",
    ]
    assert all("leads out of its folder" in problem.reason for problem in listing.skipped)


def test_a_link_that_is_named_is_followed(tmp_path: Path):
    target = write(tmp_path / "elsewhere" / "a.md", "x")
    link = tmp_path / "link.md"
    link.symlink_to(target)
    folder = tmp_path / "folder"
    folder.symlink_to(target.parent)
    assert find_files([link]).files == [link]
    assert names(find_files([folder]).files, folder) == ["a.md"]


def test_folders_that_link_in_circles_end(tmp_path: Path):
    write(tmp_path / "deep" / "a.md", "x")
    (tmp_path / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "self.md").symlink_to(tmp_path / "self.md")
    listing = find_files([tmp_path])
    assert names(listing.files, tmp_path) == ["deep/a.md"]
    assert [Path(problem.file).name for problem in listing.skipped] == ["self.md"]


def test_a_name_that_is_not_utf8_is_listed_and_can_be_printed(tmp_path: Path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.xyz"))
    write(path, "x")
    (problem,) = find_files([path]).problems
    assert problem.file.encode().endswith("caf\ufffd.xyz".encode())
