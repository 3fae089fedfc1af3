"""Verbs: signing a baseline, measuring how far live memory has moved, and what follows from it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.errors import StaleRelease
from agents.models import MemoryStore
from agents.releases import live_release
from reviews import baselines, containment
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.audit.values import open_values
from reviews.baselines import Signature
from reviews.distances import Limits
from reviews.errors import InvalidChange, NotAllowed, ReasonMissing
from reviews.models import Baseline, Notice
from tests import build
from tests.reviews.filings import move
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(cast, clock):
    """A baseline of ten memories of ten bytes each, signed by the lead."""
    for n in range(10):
        build.memory(cast.store, f"/{n}.md", f"Rule 000{n}\n"[:10])
    return sign(cast)


def sign(cast, name="lead", **given):
    facts = {
        "release": live_release(cast.store),
        "purpose": "Answers refunds.",
        "limits": "Never cancels.",
        "statement": "Every text read.",
    }
    return baselines.sign(cast.store, Signature(**facts | given), by=member(cast, name))


def change(cast, path="/0.md", text="Rule 9999\n"):
    move(cast, path, text)


def told(action):
    return read_body(Entry.objects.filter(action=action).latest("pk").body)


def row(signed):
    return Baseline.objects.get(pk=signed.pk)


def notices():
    return Notice.objects.filter(kind="revalidation")


def test_who_signs_stands_behind_what_is_live_with_purpose_and_limits(cast, signed):
    assert signed.release == live_release(cast.store)
    assert (signed.signed_by, signed.number) == (cast.lead, 1)
    entry = Entry.objects.get(action="baseline.signed")
    body = read_body(entry.body)
    assert body["object"] == str(signed.release)
    assert body["after"] == {
        "store": "store:refund-desk",
        "baseline": 1,
        "memories": 10,
        "bytes": 100,
    }
    values = open_values(body["values"])
    assert values["purpose"] == "Answers refunds."
    assert values["limits"] == "Never cancels."
    assert values["sha256"] == signed.release.sha256
    assert "Answers" not in entry.body


@pytest.mark.parametrize("name", ["reviewer", "auditor", "admin"])
def test_nobody_but_a_lead_signs(cast, name):
    with pytest.raises(NotAllowed):
        sign(cast, name)


@pytest.mark.parametrize("empty", [{"purpose": " "}, {"statement": ""}, {"purpose": "x" * 5_000}])
def test_a_signature_without_words_is_none(cast, empty):
    with pytest.raises(ReasonMissing):
        sign(cast, **empty)
    assert not Baseline.objects.exists()


def test_another_release_than_the_one_shown_is_not_signed(cast):
    shown = live_release(cast.store)
    build.memory(cast.store)
    with pytest.raises(StaleRelease, match="is live now"):
        sign(cast, release=shown)
    assert not Baseline.objects.exists()


def test_a_new_baseline_replaces_the_one_before(cast, signed):
    change(cast)
    second = sign(cast)
    assert second.number == 2
    assert row(signed).replaced_at is not None
    assert baselines.baseline_of(cast.store) == second
    assert told("baseline.signed")["before"] == {"release": str(signed.release)}


def test_nothing_is_measured_where_nothing_is_signed(cast):
    build.memory(cast.store)
    assert baselines.measure_all() == 0
    assert not baselines.is_due(cast.store)


def test_the_distance_is_that_of_what_is_live(cast, signed):
    change(cast)
    assert baselines.measure_all() == 1
    found = baselines.distance_of(row(signed))
    assert (found.changes, found.bytes, found.percent) == (1, 10, 10)
    assert baselines.measure_all() == 0
    assert row(signed).left_at is None


def test_past_its_limits_it_is_due_on_the_record_and_told_once(cast, signed, clock):
    for n in range(3):
        change(cast, f"/{n}.md", f"Rule 999{n}\n"[:10])
    assert baselines.is_due(cast.store)
    baselines.measure_all()
    assert row(signed).left_at == clock.at
    assert told("baseline.left")["after"]["changes"] == 3
    assert told("baseline.left")["before"] == {"percent": 20, "changes": 30}
    assert [one.person for one in notices()] == [cast.lead]
    assert notices().get().path == "agents/refund-desk/releases/"
    change(cast, "/5.md")
    baselines.measure_all()
    assert Entry.objects.filter(action="baseline.left").count() == notices().count() == 1


def test_going_back_near_it_does_not_end_it(cast, signed):
    for n in range(3):
        change(cast, f"/{n}.md", f"Rule 999{n}\n"[:10])
    baselines.measure_all()
    containment.roll_back(cast.store, signed.release, by=member(cast, "lead"), reason="Odd.")
    baselines.measure_all()
    assert baselines.distance_of(row(signed)).changes == 0
    assert baselines.is_due(cast.store)


def test_signing_ends_it_and_what_was_told_of_it(cast, signed):
    for n in range(3):
        change(cast, f"/{n}.md", f"Rule 999{n}\n"[:10])
    baselines.measure_all()
    assert baselines.due_in(cast.workspace) == [signed]
    sign(cast)
    assert not baselines.is_due(cast.store)
    assert not baselines.due_in(cast.workspace)
    assert notices().get().settled_at is not None


def test_the_limits_are_a_leads_on_the_record_and_measured_anew(cast, signed):
    change(cast)
    baselines.measure_all()
    baselines.set_limits(cast.store, Limits(5, 30), by=member(cast, "lead"))
    assert told("store.changed")["after"] == {"percent": 5, "changes": 30}
    baselines.measure_all()
    assert row(signed).left_at is not None


def test_wider_limits_do_not_end_what_is_due(cast, signed):
    for n in range(3):
        change(cast, f"/{n}.md", f"Rule 999{n}\n"[:10])
    baselines.measure_all()
    baselines.set_limits(cast.store, Limits(90, 90), by=member(cast, "lead"))
    baselines.measure_all()
    assert baselines.is_due(MemoryStore.objects.get(pk=cast.store.pk))


@pytest.mark.parametrize("limits", [Limits(0, 30), Limits(20, 0), Limits(20, 9_999)])
def test_limits_out_of_range_are_refused(cast, limits):
    with pytest.raises(InvalidChange):
        baselines.set_limits(cast.store, limits, by=member(cast, "lead"))


def test_nobody_but_a_lead_sets_the_limits(cast):
    with pytest.raises(NotAllowed):
        baselines.set_limits(cast.store, Limits(), by=member(cast, "reviewer"))


def test_another_stores_changes_are_not_its_distance(cast, signed):
    build.memory(cast.shared_store, "/shared.md", "x" * 900)
    assert baselines.measure_all() == 0


def test_many_stores_that_did_not_move_cost_one_query(cast, signed):
    with CaptureQueriesContext(connection) as asked:
        baselines.measure_all()
    assert len(asked) == 1
