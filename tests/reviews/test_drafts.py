"""Drafts: one a person and proposal, their writer's alone, bounded, gone when sent or too old."""

from datetime import timedelta

import pytest

from agents.stores import MAX_MEMORY_BYTES
from reviews import drafts
from reviews.audit.models import Entry
from reviews.models import Draft
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db


def keep(cast: Cast, proposal, text: str, name: str = "reviewer") -> None:
    drafts.keep_draft(proposal, member(cast, name), revision=1, text=text)


def test_the_newest_words_take_the_place_of_those_before(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store)
    keep(cast, proposal, "One.\n")
    clock.advance(minutes=2)
    keep(cast, proposal, "One. Two.\n")
    (kept,) = Draft.objects.all()
    assert (kept.text, kept.revision, kept.saved_at) == ("One. Two.\n", 1, clock.at)


def test_it_is_its_writers_alone(cast: Cast) -> None:
    proposal, other = build.filed(cast.store), build.filed(cast.store, content="Two.\n")
    keep(cast, proposal, "Mine.\n")
    keep(cast, proposal, "Hers.\n", "lead")
    assert drafts.draft_of(proposal, member(cast, "reviewer")).text == "Mine.\n"
    assert drafts.draft_of(proposal, member(cast, "lead")).text == "Hers.\n"
    assert drafts.draft_of(proposal, member(cast, "second_reviewer")) is None
    assert drafts.draft_of(other, member(cast, "reviewer")) is None
    drafts.drop_draft(proposal, member(cast, "reviewer"))
    assert [kept.person for kept in Draft.objects.all()] == [cast.lead]


@pytest.mark.parametrize("more", [0, 1])
def test_more_than_a_memory_holds_is_not_kept(cast: Cast, more: int) -> None:
    proposal = build.filed(cast.store)
    keep(cast, proposal, "a" * (MAX_MEMORY_BYTES + more))
    assert Draft.objects.count() == 1 - more


def test_typing_is_no_act_and_leaves_nothing_in_the_log(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    before = Entry.objects.count()
    keep(cast, proposal, "Mine.\n")
    drafts.drop_draft(proposal, member(cast, "reviewer"))
    assert Entry.objects.count() == before


def test_after_thirty_days_untouched_it_is_forgotten(cast: Cast, clock: FakeClock) -> None:
    old, young = build.filed(cast.store), build.filed(cast.store, content="Two.\n")
    keep(cast, old, "Old.\n")
    clock.advance(days=29)
    keep(cast, young, "Young.\n")
    assert drafts.drop_old_drafts(clock.advance(days=1)) == 0
    assert drafts.drop_old_drafts(clock.at + timedelta(seconds=1)) == 1
    assert [kept.text for kept in Draft.objects.all()] == ["Young.\n"]
