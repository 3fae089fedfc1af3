import pytest

from agents.people import find_member
from agents.reading import record_event_revealed, record_session_opened
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from tests import build

pytestmark = pytest.mark.django_db


def test_the_entry_says_who_was_shown_which_events_of_which_session(cast):
    session = build.session(cast.agent)
    member = find_member(cast.auditor, cast.workspace)
    record_session_opened(session, member, revision=2, shown=range(200, 260))
    body = read_body(Entry.objects.get(action=Action.SESSION_OPENED).body)
    assert body["workspace"] == "northwind"
    assert body["actor"] == {"kind": "person", "id": cast.auditor.public_id} | body["actor"]
    assert (body["object"], body["revision"]) == (str(session), 2)
    assert body["after"] == {"first": 200, "events": 60}


def test_looking_twice_is_two_entries(cast):
    session = build.session(cast.agent)
    member = find_member(cast.lead, cast.workspace)
    for _ in range(2):
        record_session_opened(session, member, revision=1, shown=range(4))
    assert Entry.objects.filter(action=Action.SESSION_OPENED, object=str(session)).count() == 2


def test_each_reveal_names_the_event_and_none_of_its_words(cast):
    session = build.session(cast.agent)
    member = find_member(cast.auditor, cast.workspace)
    record_event_revealed(session, member, revision=1, index=2)
    body = read_body(Entry.objects.get(action=Action.SESSION_REVEALED).body)
    assert (body["object"], body["revision"], body["after"]) == (str(session), 1, {"event": 2})
    assert body["actor"]["id"] == cast.auditor.public_id
    assert set(body.get("values", {})) <= {"actor_name"}
