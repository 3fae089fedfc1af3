"""Memory stores of the stand-in, read and written by the vendor's own client."""

import anthropic
import pytest

from dreaming.standin.stores import KEY, sha256_of

TEXTS = {"/notes/a.md": "Ask first.", "/notes/b.md": "Read the ledger.", "/c.md": ""}


@pytest.fixture
def store(vendor):
    return vendor.stores.make("claims", TEXTS)


def memories(client, store, **asked):
    listed = client.beta.memory_stores.memories.list(store.id, **asked)
    return {one.path: one for one in listed}


def test_a_list_is_paged_and_tells_hashes_without_texts(client, store):
    found = memories(client, store, limit=2)
    assert list(found) == sorted(TEXTS)
    assert {one.content for one in found.values()} == {None}
    assert found["/c.md"].content_sha256 == sha256_of("")


def test_a_full_view_has_texts_and_shorter_pages(client, store):
    assert memories(client, store, view="full", limit=20)["/c.md"].content == ""
    with pytest.raises(anthropic.BadRequestError):
        memories(client, store, view="full", limit=21)


def test_an_update_holds_its_precondition(vendor, client, store):
    one = memories(client, store)["/notes/a.md"]
    api = client.beta.memory_stores.memories
    stale = {"type": "content_sha256", "content_sha256": sha256_of("Something else.")}
    with pytest.raises(anthropic.ConflictError) as told:
        api.update(one.id, memory_store_id=store.id, content="Ask twice.", precondition=stale)
    assert told.value.type == "memory_precondition_failed_error"
    fresh = {"type": "content_sha256", "content_sha256": one.content_sha256}
    for _ in range(2):
        # The second finds what it asks for and changes nothing, whatever it expects.
        api.update(one.id, memory_store_id=store.id, content="Ask twice.", precondition=fresh)
    assert store.texts()["/notes/a.md"] == "Ask twice."
    assert [one["operation"] for one in store.versions][-2:] == ["created", "modified"]


def test_a_taken_path_and_a_bad_one_are_refused(client, store):
    api = client.beta.memory_stores.memories
    with pytest.raises(anthropic.ConflictError) as told:
        api.create(store.id, path="/c.md", content="x")
    assert told.value.type == "memory_path_conflict_error"
    for path in ("c.md", "/a//b", "/a/../b", "/a\u200bb", "/" + "a/" * 20 + "b"):
        with pytest.raises(anthropic.BadRequestError):
            api.create(store.id, path=path, content="x")


def test_versions_tell_who_wrote_what_newest_first(vendor, client, store):
    session = {"type": "session_actor", "session_id": "sesn_9"}
    vendor.stores.write(store, "/c.md", "Slipped in.", session)
    api = client.beta.memory_stores
    (slipped,) = api.memory_versions.list(store.id, session_id="sesn_9")
    assert (slipped.operation, slipped.created_by.session_id) == ("modified", "sesn_9")
    one = memories(client, store)["/c.md"]
    api.memories.delete(
        one.id, memory_store_id=store.id, expected_content_sha256=one.content_sha256
    )
    newest = next(iter(api.memory_versions.list(store.id, view="full")))
    assert (newest.operation, newest.content) == ("deleted", None)
    assert newest.created_by.api_key_id == KEY["api_key_id"]


def test_both_beta_headers_together_are_refused(client, store):
    with pytest.raises(anthropic.BadRequestError):
        client.beta.memory_stores.memories.list(store.id, betas=["managed-agents-2026-04-01"])


def test_an_archived_store_can_be_read_and_not_written(client, store):
    client.beta.memory_stores.archive(store.id)
    assert len(memories(client, store)) == len(TEXTS)
    with pytest.raises(anthropic.BadRequestError):
        client.beta.memory_stores.memories.create(store.id, path="/d.md", content="x")
