"""Verbs: static files are collected when they changed, and only then."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.staticfiles import finders

from dreaming.assets import STAMP, collect_assets, fingerprint


@pytest.fixture
def sources(settings, tmp_path):
    """A folder with one static file, and nothing collected yet."""
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "a.css").write_text("a { color: red }", encoding="utf-8")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATIC_ROOT.mkdir()
    finders.get_finder.cache_clear()
    yield folder
    finders.get_finder.cache_clear()


def test_the_first_start_collects_them(sources, settings):
    assert collect_assets() is True
    assert (settings.STATIC_ROOT / "a.css").read_text(encoding="utf-8") == "a { color: red }"


def test_the_next_start_does_not(sources):
    collect_assets()
    assert collect_assets() is False


@pytest.mark.parametrize("change", ["text", "time", "name", "new"])
def test_any_change_of_a_source_collects_them_again(sources, change):
    collect_assets()
    file = sources / "a.css"
    if change == "text":
        file.write_text("a { color: blue }", encoding="utf-8")
    elif change == "time":
        os.utime(file, ns=(1, 1))
    elif change == "name":
        file.rename(sources / "b.css")
    else:
        (sources / "b.css").write_text("", encoding="utf-8")
    assert collect_assets() is True


def test_a_stamp_that_is_gone_or_another_collects_them_again(sources, settings):
    collect_assets()
    (settings.STATIC_ROOT / STAMP).write_text("old", encoding="utf-8")
    assert collect_assets() is True
    (settings.STATIC_ROOT / STAMP).unlink()
    assert collect_assets() is True


def test_the_fingerprint_is_of_the_files_not_of_the_moment(sources):
    assert fingerprint() == fingerprint()
    assert len(fingerprint()) == 64


def test_of_two_starts_at_once_one_copies_and_the_other_waits_for_it(sources, settings):
    settings.STATIC_ROOT.rmdir()
    with ThreadPoolExecutor(4) as starts:
        done = list(starts.map(lambda _: collect_assets(), range(4)))
    assert sorted(done) == [False, False, False, True]
    assert (settings.STATIC_ROOT / "a.css").exists()
