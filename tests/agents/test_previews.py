"""What an agent would read if a change were served."""

import pytest

from agents.context import Remembered
from agents.previews import BUDGET_TOKENS, preview
from agents.reads import read_memory
from tests import build

pytestmark = pytest.mark.django_db


def said(path: str, content: str = "New words.\n", **facts) -> dict[str, Remembered]:
    return {path: Remembered(0, 1, path, content, **facts)}


def test_the_text_now_is_what_a_read_gives(cast) -> None:
    build.memory(cast.store, "/own.md", "Own.\n")
    build.memory(cast.shared_store, "/shared.md", "Shared.\n")

    found = preview(cast.store, "/new.md", said("/new.md"))

    assert found.before.text == read_memory(cast.agent, "s", BUDGET_TOKENS).text
    assert "New words." in found.after.text
    assert found.pushed_out == ()
    assert found.rank == 1


def test_a_path_that_goes_has_no_place(cast) -> None:
    build.memory(cast.store, "/own.md", "Own.\n")

    found = preview(cast.store, "/own.md", {"/own.md": None})

    assert (found.place, found.rank, found.after.text) == (None, 0, "")


def test_what_no_longer_fits_is_pushed_out(cast) -> None:
    build.memory(cast.store, "/b.md", "b" * 300)
    read_memory(cast.agent, "s", 100)

    found = preview(cast.store, "/a.md", said("/a.md", "a" * 300, support=9))

    assert found.budget == 100
    assert found.pushed_out == ("/b.md",)
    assert found.place is not None
    assert found.place.is_in


def test_what_does_not_fit_itself_pushes_nothing_out(cast) -> None:
    build.memory(cast.store, "/b.md", "b" * 300, support=9)
    read_memory(cast.agent, "s", 100)

    found = preview(cast.store, "/a.md", said("/a.md", "a" * 300))

    assert (found.rank, found.pushed_out) == (0, ())


def test_the_agent_s_own_path_wins_over_the_shared_one(cast) -> None:
    build.memory(cast.shared_store, "/a.md", "Shared.\n")

    found = preview(cast.store, "/a.md", said("/a.md"))

    assert "Shared." in found.before.text
    assert "Shared." not in found.after.text


def test_what_is_quarantined_is_not_read(cast) -> None:
    memory = build.memory(cast.store, "/own.md", "Own.\n")
    build.quarantine(
        workspace=cast.workspace,
        kind="memory",
        target="M-1",
        memory=memory,
        by=cast.lead,
        reason="x",
    )

    assert preview(cast.store, "/a.md", said("/a.md")).before.text == ""


def test_the_shared_store_is_previewed_by_itself(cast) -> None:
    build.memory(cast.store, "/own.md", "Own.\n")
    build.memory(cast.shared_store, "/shared.md", "Shared.\n")

    found = preview(cast.shared_store, "/new.md", said("/new.md"))

    assert [place.path for place in found.after.places] == ["/new.md", "/shared.md"]
