"""The catalogue of actions: closed, stable, spelled alike, and documented."""

import re
from collections import Counter

import pytest

from reviews.audit.actions import Action, known_action
from reviews.audit.errors import UnknownAction
from tests.measure import ROOT


@pytest.mark.parametrize("action", list(Action))
def test_an_action_is_a_noun_and_what_was_done(action: Action) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)*", action.value)
    assert known_action(action.value) is action


def test_no_string_stands_twice() -> None:
    names = Counter(action.value for action in Action.__members__.values())
    assert len(names) == len(Action.__members__)


@pytest.mark.parametrize("name", ["", "proposal", "proposal.deleted", "PROPOSAL.FILED", "a.b.c"])
def test_what_is_not_in_the_catalogue_is_refused(name: str) -> None:
    with pytest.raises(UnknownAction, match=re.escape(repr(name))):
        known_action(name)


def test_the_format_page_lists_every_action() -> None:
    page = (ROOT / "docs/audit-format.md").read_text(encoding="utf-8")
    assert [action.value for action in Action if action.value not in page] == []
