"""Being away: who may say so, for which days, and who stands in."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agents.errors import InvalidInput, NotAllowed
from reviews.absences import end_absence, next_change, set_absence, span_of
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.models import Absence, Deadline
from reviews.rosters import absences_at
from tests import build
from tests.cast import Cast
from tests.clock import DAYBREAK, FakeClock
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db


def away(
    cast: Cast, name: str = "reviewer", by: str = "", days: tuple[int, int] = (1, 3), **more: object
) -> Absence:
    given = {"stand_in": cast.second_reviewer} | more
    first, last = days
    return set_absence(
        cast.workspace,
        getattr(cast, name),
        starts_at=DAYBREAK + timedelta(days=first),
        ends_at=DAYBREAK + timedelta(days=last),
        by=member(cast, by or name),
        **given,
    )


def test_days_are_counted_on_the_clocks_of_a_place() -> None:
    starts, ends = span_of(date(2026, 3, 28), date(2026, 3, 29), ZoneInfo("Europe/Berlin"))
    assert starts == datetime(2026, 3, 27, 23, 0, tzinfo=UTC)
    assert ends == datetime(2026, 3, 29, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize("by", ["reviewer", "lead", "admin"])
def test_oneself_a_lead_and_an_admin_say_who_is_away(cast: Cast, clock: FakeClock, by: str) -> None:
    absence = away(cast, by=by)
    assert (absence.person, absence.stand_in) == (cast.reviewer, cast.second_reviewer)
    assert absence.set_by == getattr(cast, by)


@pytest.mark.parametrize("by", ["second_reviewer", "auditor"])
def test_nobody_else_does(cast: Cast, clock: FakeClock, by: str) -> None:
    with pytest.raises(NotAllowed, match="Rosa, a lead or an admin"):
        away(cast, by=by)
    with pytest.raises(NotAllowed):
        end_absence(away(cast), by=member(cast, by))
    assert Absence.objects.get().ended_at is None


def test_it_is_on_the_record_without_names(cast: Cast, clock: FakeClock) -> None:
    away(cast)
    entry = Entry.objects.get(action=Action.ABSENCE_SET)
    assert entry.object == f"person:{cast.reviewer.public_id}"
    assert read_body(entry.body)["after"] == {
        "stand_in": cast.second_reviewer.public_id,
        "starts": "2026-11-22T06:00Z",
        "ends": "2026-11-24T06:00Z",
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"days": (3, 3)}, "before the first"),
        ({"days": (-5, -1)}, "has passed"),
        ({"days": (0, 400)}, "more than a year"),
    ],
)
def test_days_that_make_no_sense_are_refused(cast: Cast, clock: FakeClock, more, said) -> None:
    with pytest.raises(InvalidInput, match=said):
        away(cast, **more)


@pytest.mark.parametrize("name", ["auditor", "admin", "outsider"])
def test_only_who_decides_here_stands_in(cast: Cast, clock: FakeClock, name: str) -> None:
    with pytest.raises(InvalidInput, match="decides nothing in Northwind"):
        away(cast, stand_in=getattr(cast, name))


def test_nobody_stands_in_for_themselves(cast: Cast, clock: FakeClock) -> None:
    with pytest.raises(InvalidInput, match="for themselves"):
        away(cast, stand_in=cast.reviewer)


def test_who_decides_nothing_is_not_away(cast: Cast, clock: FakeClock) -> None:
    with pytest.raises(InvalidInput, match="Aiko decides nothing"):
        away(cast, "auditor", by="admin")


@pytest.mark.parametrize("days", [(0, 2), (2, 5), (0, 9), (1, 2)])
def test_the_same_days_are_not_set_twice(cast: Cast, clock: FakeClock, days) -> None:
    away(cast)
    with pytest.raises(InvalidInput, match="away in these days already"):
        away(cast, days=days)


def test_days_that_touch_and_those_of_others_do_not_overlap(cast: Cast, clock: FakeClock) -> None:
    away(cast)
    away(cast, days=(3, 4))
    away(cast, "second_reviewer", stand_in=None)
    assert Absence.objects.count() == 3


def test_an_absence_ended_early_frees_its_days(cast: Cast, clock: FakeClock) -> None:
    absence = away(cast)
    end_absence(absence, by=member(cast, "reviewer"))
    away(cast)
    assert Absence.objects.count() == 2


@pytest.mark.parametrize(("hours", "is_away"), [(23, False), (24, True), (71, True), (72, False)])
def test_it_runs_from_its_start_until_before_its_end(
    cast: Cast, clock: FakeClock, hours: int, is_away: bool
) -> None:
    away(cast)
    now = clock.advance(hours=hours)
    assert absences_at(cast.workspace, now).exists() is is_away


def test_ending_it_is_on_the_record_once(cast: Cast, clock: FakeClock) -> None:
    absence = away(cast)
    clock.advance(hours=30)
    for _ in range(2):
        end_absence(absence, by=member(cast, "lead"))
    assert Entry.objects.filter(action=Action.ABSENCE_ENDED).count() == 1
    assert not absences_at(cast.workspace, clock()).exists()
    assert absences_at(cast.workspace, clock() - timedelta(hours=1)).exists()


def test_one_that_is_over_is_not_ended_again(cast: Cast, clock: FakeClock) -> None:
    absence = away(cast)
    clock.advance(days=9)
    end_absence(absence, by=member(cast, "lead"))
    assert not Entry.objects.filter(action=Action.ABSENCE_ENDED).exists()


def test_the_next_change_is_the_nearest_start_or_end_to_come(cast: Cast, clock: FakeClock) -> None:
    assert next_change(cast.workspace, clock()) is None
    away(cast)
    assert next_change(cast.workspace, clock()) == DAYBREAK + timedelta(days=1)
    assert next_change(cast.workspace, clock.advance(days=1)) == DAYBREAK + timedelta(days=3)
    assert next_change(cast.elsewhere, clock()) is None


def test_what_is_assigned_to_them_is_looked_at_again(cast: Cast, clock: FakeClock) -> None:
    mine, other = build.filed(cast.store), build.filed(cast.store, path="/b.md")
    mine.assignee = cast.reviewer
    mine.save(update_fields=["assignee"])
    later = clock() + timedelta(hours=5)
    Deadline.objects.update(look_at=later)
    away(cast)
    assert Deadline.objects.get(proposal=mine).look_at == clock()
    assert Deadline.objects.get(proposal=other).look_at == later
