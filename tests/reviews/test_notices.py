"""Telling people: each thing once, by the way each of them chose."""

import pytest

from agents.errors import InvalidInput
from reviews.models import Notice, NoticeChoices
from reviews.notices import (
    AT_ONCE,
    WORDS,
    How,
    Kind,
    Telling,
    choose,
    how_for,
    notices_of,
    read_all,
    settle,
    tell,
    unread_of,
)
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.measure import ROOT
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db


def telling(cast: Cast, kind: Kind = Kind.TURN, step: str = "r1.v0", **more) -> Telling:
    people = more.pop("people", (cast.reviewer.pk, cast.lead.pk))
    return Telling(kind, "P-1", step, people, "review/P-1/", **more)


@pytest.mark.parametrize("kind", Kind)
def test_the_page_for_receivers_names_every_kind(kind: Kind) -> None:
    page = (ROOT / "docs/notifications.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert any(f"`{kind.value}`" in line for line in rows)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words_and_a_way(kind: Kind) -> None:
    assert str(WORDS[kind])
    assert how_for(kind, {}) == ("immediate" if kind in AT_ONCE else "digest")


@pytest.mark.parametrize("how", How)
def test_a_choice_stands_before_the_default(how: How) -> None:
    assert how_for(Kind.TURN, {"turn": how.value}) == how


def test_the_same_step_is_told_once_to_each(cast: Cast, clock: FakeClock) -> None:
    for _ in range(3):
        tell(cast.workspace, [telling(cast)])
    tell(cast.workspace, [telling(cast, people=(cast.second_reviewer.pk,))])
    assert Notice.objects.count() == 3


def test_another_step_is_another_thing(cast: Cast, clock: FakeClock) -> None:
    tell(cast.workspace, [telling(cast), telling(cast, step="r1.v1")])
    assert Notice.objects.count() == 4


def test_each_person_is_told_by_the_way_they_chose(cast: Cast, clock: FakeClock) -> None:
    choose(member(cast, "lead"), {"turn": "immediate"}, hour=6, zone="UTC")
    tell(cast.workspace, [telling(cast)])
    assert dict(Notice.objects.values_list("person", "how")) == {
        cast.reviewer.pk: "digest",
        cast.lead.pk: "immediate",
    }


def test_choices_are_kept_once_a_person_and_workspace(cast: Cast) -> None:
    for hour in (6, 7):
        choose(member(cast, "lead"), {"turn": "off"}, hour=hour, zone=" Europe/Berlin ")
    row = NoticeChoices.objects.get()
    assert (row.digest_hour, row.zone, row.choices) == (7, "Europe/Berlin", {"turn": "off"})


@pytest.mark.parametrize(
    ("choices", "hour", "zone"),
    [
        ({"turn": "shout"}, 6, "UTC"),
        ({"weather": "off"}, 6, "UTC"),
        ({}, 24, "UTC"),
        ({}, -1, "UTC"),
        ({}, 6, "Mars/Base"),
    ],
)
def test_what_is_no_choice_is_refused(cast: Cast, choices, hour: int, zone: str) -> None:
    with pytest.raises(InvalidInput):
        choose(member(cast, "lead"), choices, hour=hour, zone=zone)
    assert not NoticeChoices.objects.exists()


def test_reading_counts_up_to_what_was_shown(cast: Cast, clock: FakeClock) -> None:
    tell(cast.workspace, [telling(cast, step=f"s{n}") for n in range(3)])
    mine = member(cast, "reviewer")
    shown = notices_of(mine).order_by("pk")[1]
    assert read_all(mine, shown) == 2
    assert unread_of(mine).count() == 1
    assert unread_of(member(cast, "lead")).count() == 3


def test_what_is_done_is_asked_no_more(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store)
    tell(cast.workspace, [telling(cast, proposal=proposal.pk)])
    settle([proposal.pk])
    assert unread_of(member(cast, "reviewer")).count() == 0
    assert notices_of(member(cast, "reviewer")).count() == 1
