"""The three texts of a conflict: yours, what it is now, what it was based on."""

import pytest

from reviews import revisions
from reviews.access import proposal_of
from reviews.collisions import columns_of
from reviews.models import Proposal
from tests import build
from tests.reviews.views.desks import LIVE, PATH, at, conflict, member, post, shown, text_of, update

pytestmark = pytest.mark.django_db

NEW = LIVE.replace("Two.", "Two, twice.")


def loaded(cast, proposal: Proposal) -> Proposal:
    return proposal_of(member(cast, "reviewer"), proposal.number)


def edited(cast, content: str = "One.\nTwo, edited.\n") -> Proposal:
    proposal = update(cast, NEW)
    revisions.submit_edit(
        proposal,
        content=content,
        reason="Plainer.",
        by=member(cast, "second_reviewer"),
        expected_revision=1,
    )
    return proposal


def told(columns) -> list[tuple[str, str]]:
    return [(one.note, one.text) for one in columns]


def test_where_nothing_differs_there_are_none(cast) -> None:
    assert columns_of(loaded(cast, update(cast, NEW)), shown=1) == ()


def test_an_edit_stands_between_what_was_seen_and_its_base(cast) -> None:
    columns = columns_of(loaded(cast, edited(cast)), shown=1)
    assert [one.label for one in columns] == ["Yours", "What it is now", "What it was based on"]
    assert told(columns) == [
        ("revision 1, which you saw", NEW),
        ("revision 2", "One.\nTwo, edited.\n"),
        ("version 1", LIVE),
    ]


def test_what_was_being_sent_is_yours(cast) -> None:
    columns = columns_of(loaded(cast, edited(cast)), shown=1, mine="Mine.\n")
    assert told(columns)[0] == ("your text", "Mine.\n")


def test_a_base_that_moved_is_what_it_is_now(cast) -> None:
    live = LIVE.replace("Four.", "Four and a half.")
    columns = columns_of(loaded(cast, conflict(cast, NEW, live)), shown=1)
    assert told(columns) == [
        ("revision 1, which you saw", NEW),
        ("live memory, version 2", live),
        ("version 1", LIVE),
    ]


def test_a_new_memory_stood_on_no_text(cast) -> None:
    proposal = build.filed(cast.store)
    build.memory(cast.store, proposal.path, "Another stands here.\n")
    type(proposal).objects.filter(pk=proposal.pk).update(
        memory=cast.store.memories.get(path=proposal.path)
    )
    columns = columns_of(loaded(cast, proposal), shown=1)
    assert told(columns)[1:] == [
        ("live memory, version 1", "Another stands here.\n"),
        ("there was no text", ""),
    ]


def test_a_revision_that_never_was_has_none(cast) -> None:
    assert columns_of(loaded(cast, update(cast, NEW)), shown=7) == ()


def test_a_decision_on_an_older_revision_shows_the_three(cast, client_of) -> None:
    proposal = edited(cast)
    stale = shown(proposal) | {"revision": 1}

    answer = post(client_of(cast.reviewer), at(cast, proposal, "approve/"), stale)

    page = text_of(answer)
    assert answer.status_code == 409
    for label in ("<h2>Yours</h2>", "<h2>What it is now</h2>", "<h2>What it was based on</h2>"):
        assert label in page
    assert page.count('class="sides three"') == 1


def test_an_edit_of_an_older_revision_shows_the_three_and_keeps_its_text(cast, client_of) -> None:
    proposal = edited(cast)
    sent = {"revision": 1, "text": "Mine.\n", "reason": "Mine."}

    answer = post(client_of(cast.reviewer), at(cast, proposal, "edit/"), sent)

    page = text_of(answer)
    assert answer.status_code == 409
    assert page.count('class="sides three"') == 1
    assert page.count("Mine.") >= 2
    assert PATH in page
