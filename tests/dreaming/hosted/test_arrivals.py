import pytest

from agents.models import Event, HostedSession, Session
from dreaming.standin.server import Fault
from dreaming.standin.wire import refuse
from reviews.audit.models import Entry
from tests import build
from tests.dreaming.hosted.conftest import text

ASKED = text("user.message", "Refund order 1042.")
SAID = text("agent.message", "It is refunded.")


def test_a_session_that_ended_comes_in_once(cast, linked):
    there = linked.say(ASKED, SAID)
    hosted = linked.tend()
    assert (hosted.failure, hosted.wake_at) == ("", None)
    assert hosted.synced_at is not None
    session = Session.objects.get(agent=cast.agent)
    assert session.external_id == there["id"]
    assert list(Event.objects.values_list("text", flat=True)) == [
        "Refund order 1042.",
        "It is refunded.",
    ]
    before = len(linked.vendor.lines(f"GET /v1/sessions/{there['id']}"))
    linked.tend()
    assert len(linked.vendor.lines(f"GET /v1/sessions/{there['id']}")) == before
    assert session.revisions.count() == 1


def test_one_that_still_runs_waits(linked):
    linked.say(ASKED, status="running")
    linked.tend()
    assert not Session.objects.exists()


def test_one_that_goes_on_is_another_revision(linked):
    there = linked.say(ASKED)
    linked.tend()
    linked.vendor.sessions.say(there["id"], SAID)
    linked.vendor.sessions.rows[there["id"]]["updated_at"] = "2126-01-01T00:00:00Z"
    linked.tend()
    assert Session.objects.get().revision == 2


def test_secrets_do_not_come_in(linked):
    secret = "sk-ant-api03-" + "a1B2" * 24
    linked.say(text("user.message", f"My key is {secret}."))
    linked.tend()
    assert secret not in Event.objects.get().text


def test_events_and_sessions_are_read_page_by_page(linked):
    for _ in range(3):
        linked.say(*[ASKED] * 101)
    linked.tend()
    assert Session.objects.count() == 3
    assert Event.objects.count() == 303


def test_threads_come_in_as_sub_sessions(linked):
    there = linked.say(ASKED)
    thread = linked.vendor.sessions.add_thread(there["id"], "Reader", [SAID])
    linked.tend()
    assert Event.objects.get(sub_session=thread["id"]).text == "It is refunded."
    (part,) = Session.objects.get().revisions.get().sub_sessions
    assert (part["key"], part["label"]) == (thread["id"], "Reader")


def test_sessions_of_other_agents_stay_there(linked):
    stranger = linked.vendor.sessions.make_agent("Stranger")
    linked.vendor.sessions.make(stranger, [ASKED])
    linked.tend()
    assert not Session.objects.exists()


def test_what_cannot_come_in_is_named_and_keeps_nobody_out(linked):
    bad = linked.say({"type": "agent.tool_use", "input": {}})
    linked.say(ASKED)
    hosted = linked.tend()
    assert hosted.failure == ""
    assert Session.objects.count() == 1
    assert "names its tool" in HostedSession.objects.get(remote_id=bad["id"]).refusal


def test_one_that_cannot_be_read_is_said_and_read_the_next_time(linked):
    first, _ = linked.say(ASKED), linked.say(ASKED)
    fault = refuse(500, "no luck", headers={"x-should-retry": "false"})
    path = f"/v1/sessions/{first['id']}/events"
    linked.vendor.faults.append(Fault("GET", path, fault))
    hosted = linked.tend()
    assert "overloaded or failing (status 500)" in hosted.failure
    assert hosted.synced_at is None
    assert Session.objects.count() == 1
    assert linked.tend().failure == ""
    assert Session.objects.count() == 2


@pytest.mark.parametrize(("access", "logged"), [("read_write", 1), ("read_only", 0)])
def test_who_has_the_store_mounted_is_named_once(linked, access, logged):
    stranger = linked.vendor.sessions.make_agent("Stranger")
    there = linked.vendor.sessions.make(
        stranger, [ASKED], stores={linked.store.id: access}, status="running"
    )
    for _ in range(2):
        linked.tend()
    assert HostedSession.objects.get(remote_id=there["id"]).access == access
    assert Entry.objects.filter(action="hosted.mounted").count() == logged


def test_a_mount_of_another_store_is_nobodys_matter(linked):
    other = linked.vendor.stores.make("other")
    linked.say(ASKED, stores={other.id: "read_write"})
    linked.tend()
    assert HostedSession.objects.get().access == ""


def test_a_mount_that_says_nothing_can_write(linked):
    there = linked.say(ASKED, stores={linked.store.id: ""})
    linked.tend()
    assert HostedSession.objects.get(remote_id=there["id"]).access == "read_write"


def test_an_event_of_tomorrow_comes_in_as_it_is(linked):
    linked.say({"type": "brand.new_event", "words": "unheard of"})
    linked.tend()
    assert "unheard of" in Event.objects.get().text


def test_the_region_is_asked_for_each_time(cast, linked):
    build.session(cast.agent)
    cast.workspace.regions = []
    cast.workspace.save(update_fields=["regions"])
    asked = len(linked.vendor.received)
    assert "An admin sets this" in linked.tend().failure
    assert len(linked.vendor.received) == asked
