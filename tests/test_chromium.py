"""Which browser the tests drive."""

from pathlib import Path

import pytest

from tests.chromium import COMMANDS, find_chromium


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the whole path, and no browser named."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DAYBREAK_CHROMIUM", raising=False)
    monkeypatch.delenv("CHROMIUM", raising=False)
    return tmp_path


def put(folder: Path, name: str) -> str:
    """Put a command there; return its path."""
    (folder / name).touch(mode=0o755)
    return str(folder / name)


def test_the_shell_is_taken_before_the_whole_browser(bin_folder: Path):
    paths = [put(bin_folder, name) for name in reversed(COMMANDS)]
    assert find_chromium() == paths[-1]
    Path(paths[-1]).unlink()
    assert find_chromium() == paths[-2]


def test_one_that_is_named_is_taken_or_none(bin_folder: Path, monkeypatch: pytest.MonkeyPatch):
    put(bin_folder, COMMANDS[0])
    monkeypatch.setenv("CHROMIUM", put(bin_folder, "another"))
    assert find_chromium() == str(bin_folder / "another")
    monkeypatch.setenv("DAYBREAK_CHROMIUM", str(bin_folder / "gone"))
    assert find_chromium() == ""


def test_without_any_there_is_none(bin_folder: Path):
    assert find_chromium() == ""
