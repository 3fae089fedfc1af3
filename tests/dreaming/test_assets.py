"""Static files are copied when they changed, and only then."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import get_finder

from dreaming.assets import STAMP, collect_assets, fingerprint


@pytest.fixture
def folders(tmp_path: Path, settings) -> Iterator[tuple[Path, Path]]:
    """A folder of sources with one file, and one they are collected into."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    (source / "page.css").write_text("body { color: black }\n")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = target
    get_finder.cache_clear()
    yield source, target
    get_finder.cache_clear()


def touch(path: Path, seconds: int) -> None:
    """Move the file's time without touching what it says."""
    told = path.stat()
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns + seconds * 1_000_000_000))


def test_the_first_start_copies_every_file(folders: tuple[Path, Path]) -> None:
    source, target = folders
    assert collect_assets() is True
    assert (target / "page.css").read_text() == (source / "page.css").read_text()
    assert (target / STAMP).read_text() == fingerprint()


def test_the_second_start_copies_nothing(folders: tuple[Path, Path]) -> None:
    _, target = folders
    collect_assets()
    before = (target / "page.css").stat().st_mtime_ns
    assert collect_assets() is False
    assert (target / "page.css").stat().st_mtime_ns == before


def test_a_changed_file_is_copied_again(folders: tuple[Path, Path]) -> None:
    source, target = folders
    collect_assets()
    (source / "page.css").write_text("body { color: white }\n")
    touch(source / "page.css", 5)
    assert collect_assets() is True
    assert "white" in (target / "page.css").read_text()


def test_a_new_file_is_copied(folders: tuple[Path, Path]) -> None:
    source, target = folders
    collect_assets()
    (source / "more.js").write_text("export {};\n")
    assert collect_assets() is True
    assert (target / "more.js").exists()


def test_files_that_were_copied_half_are_copied_again(folders: tuple[Path, Path]) -> None:
    _, target = folders
    collect_assets()
    (target / STAMP).unlink()
    assert collect_assets() is True


def test_a_stamp_of_other_files_is_not_believed(folders: tuple[Path, Path]) -> None:
    _, target = folders
    (target / STAMP).write_text("0" * 64)
    assert collect_assets() is True
    assert (target / STAMP).read_text() == fingerprint()


@pytest.mark.parametrize("what", ["name", "size", "time"])
def test_the_fingerprint_is_over_names_sizes_and_times(
    folders: tuple[Path, Path], what: str
) -> None:
    page = folders[0] / "page.css"
    told = page.stat()
    before = fingerprint()
    if what == "name":
        page = page.rename(page.with_name("other.css"))
    elif what == "size":
        page.write_text("body { color: black }\n\n")
    os.utime(page, ns=(told.st_atime_ns, told.st_mtime_ns))
    if what == "time":
        touch(page, 1)
    assert fingerprint() != before


def test_the_fingerprint_is_the_same_for_the_same_files(folders: tuple[Path, Path]) -> None:
    assert fingerprint() == fingerprint()
