"""Hosted dreams and sessions of the stand-in, asked for by the vendor's own client."""

import anthropic
import pytest

OPUS = "claude-opus-5"


@pytest.fixture
def house(vendor):
    """A store with two memories and two sessions of one agent."""
    agent = vendor.sessions.make_agent("claims")
    store = vendor.stores.make("claims", {"/a.md": "Ask first.", "/b.md": "Old."})
    events = [{"type": "user.message", "content": [{"type": "text", "text": "Is it covered?"}]}]
    sessions = [vendor.sessions.make(agent, events, stores={store.id: "read_only"}) for _ in "ab"]
    return store, [one["id"] for one in sessions]


def inputs(store, sessions):
    return [
        {"type": "memory_store", "memory_store_id": store.id},
        {"type": "sessions", "session_ids": sessions},
    ]


def test_a_dream_goes_from_pending_to_completed_and_leaves_its_input_alone(vendor, client, house):
    store, sessions = house
    vendor.dreams.dreamer = lambda texts, read: {
        "/a.md": f"{texts['/a.md']} Seen in {len(read)}.",
        "/b.md": None,
    }
    made = client.beta.dreams.create(
        inputs=inputs(store, sessions), model=OPUS, output_behavior={"type": "create_new"}
    )
    seen = [client.beta.dreams.retrieve(made.id) for _ in range(4)]
    assert [made.status, *(one.status for one in seen)] == [
        *("pending", "running", "running", "completed", "completed")
    ]
    assert [len(one.outputs) for one in seen] == [0, 1, 1, 1]
    output = vendor.stores.rows[seen[-1].outputs[0].memory_store_id]
    assert output.texts() == {"/a.md": "Ask first. Seen in 2."}
    assert store.texts() == {"/a.md": "Ask first.", "/b.md": "Old."}
    written = client.beta.memory_stores.memory_versions.list(
        output.id, session_id=seen[-1].session_id
    )
    assert [one.operation for one in written] == ["deleted", "modified"]


def test_a_failed_dream_tells_why_and_keeps_what_it_had_begun(vendor, client, house):
    vendor.dreams.life = ("running", "cloned", "failed")
    vendor.dreams.error = {"type": "timeout", "message": "Too long."}
    made = client.beta.dreams.create(inputs=inputs(*house), model=OPUS)
    told = [client.beta.dreams.retrieve(made.id) for _ in range(3)][-1]
    assert (told.status, told.error.type, len(told.outputs)) == ("failed", "timeout", 1)


def test_cancelling_is_final_and_may_be_said_twice(client, house):
    made = client.beta.dreams.create(inputs=inputs(*house), model=OPUS)
    for _ in range(2):
        assert client.beta.dreams.cancel(made.id).status == "canceled"
    assert client.beta.dreams.retrieve(made.id).status == "canceled"
    assert client.beta.dreams.archive(made.id).archived_at


@pytest.mark.parametrize("change", ["no sessions", "twice", "model", "store"])
def test_what_the_vendor_refuses_is_refused(client, house, change):
    store, sessions = house
    asked = {"inputs": inputs(store, sessions), "model": OPUS}
    if change == "no sessions":
        asked["inputs"] = inputs(store, [])
    elif change == "twice":
        asked["inputs"] = inputs(store, sessions[:1] * 2)
    elif change == "model":
        asked["model"] = "claude-haiku-5-5"
    else:
        client.beta.memory_stores.archive(store.id)
    with pytest.raises(anthropic.BadRequestError):
        client.beta.dreams.create(**asked)


def test_dreams_are_listed_by_status_newest_first(client, house):
    made = [client.beta.dreams.create(inputs=inputs(*house), model=OPUS).id for _ in range(3)]
    client.beta.dreams.cancel(made[0])
    listed = client.beta.dreams.list(statuses=["pending"], limit=1)
    assert [one.id for one in listed] == made[:0:-1]


def test_sessions_are_found_by_store_and_read_with_their_threads(vendor, client, house):
    store, sessions = house
    spoken = {"type": "agent.message", "content": [{"type": "text", "text": "Looked it up."}]}
    thread = vendor.sessions.add_thread(sessions[0], "reader", [spoken])
    vendor.sessions.say(sessions[0], {"type": "brand.new_event", "shape": "unknown"})
    api = client.beta.sessions
    found = api.list(memory_store_id=store.id, statuses=["idle"], limit=1)
    assert [one.id for one in found] == sessions
    events = [one.to_dict() for one in api.events.list(sessions[0], limit=1)]
    assert [one["type"] for one in events] == ["user.message", "brand.new_event"]
    assert events[1]["shape"] == "unknown"
    (listed,) = api.threads.list(sessions[0])
    (read,) = api.threads.events.list(listed.id, session_id=sessions[0])
    assert (listed.id, read.to_dict()["content"][0]["text"]) == (thread["id"], "Looked it up.")
