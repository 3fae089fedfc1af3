import pytest

from agents.errors import NotAllowed
from agents.models import HostedStore
from agents.people import find_member
from dreaming.errors import NotLinkable, VendorFailed
from dreaming.hosted.links import ask_for_sync, link_store, unlink_store
from reviews.audit.models import Entry
from reviews.errors import ReasonMissing
from tests import build


def entries(action):
    return Entry.objects.filter(action=action).order_by("pk")


def link(there, store, **given):
    given = {"remote_id": there.store.id, "remote_agent": there.agent["id"]} | given
    return link_store(store, **given, by=given.pop("by", there.lead))


def test_a_lead_links_a_memory_on_the_record(cast, there):
    row = link(there, cast.store)
    assert (row.remote_id, row.remote_agent) == (there.store.id, there.agent["id"])
    assert (row.name, row.synced_at) == ("refunds", None)
    assert row.wake_at is not None
    (entry,) = entries("hosted.linked")
    assert entry.object == f"store:{cast.agent.slug}"
    assert there.store.texts() == {}


@pytest.mark.parametrize("who", ["reviewer", "auditor", "admin"])
def test_no_other_role_links_or_unlinks(cast, linked, who):
    member = find_member(getattr(cast, who), cast.workspace)
    with pytest.raises(NotAllowed):
        link_store(cast.store, remote_id="memstore_9", remote_agent="agent_9", by=member)
    with pytest.raises(NotAllowed):
        unlink_store(linked.hosted, reason="No", by=member)


def test_one_store_there_is_governed_once(cast, linked):
    other = build.agent(cast.workspace, "other-one")
    with pytest.raises(NotLinkable, match="from one place only"):
        link(linked, other.store)
    with pytest.raises(NotLinkable, match="unlink it first"):
        link(linked, cast.store, remote_id="memstore_9")
    assert HostedStore.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"remote_id": "memstore_9999"}, "There is no store memstore_9999"),
        ({"remote_agent": "agent_9999"}, "There is no agent agent_9999"),
        ({"remote_id": "../agents"}, "is not the id of a store"),
        ({"remote_id": ""}, "is not the id of a store"),
        ({"remote_agent": "agent 1"}, "is not the id of an agent"),
    ],
)
def test_what_is_not_there_is_not_linked(cast, there, given, words):
    with pytest.raises(NotLinkable) as told:
        link(there, cast.store, **given)
    assert words in str(told.value)
    assert not HostedStore.objects.exists()


def test_an_archived_store_is_not_linked(cast, there):
    there.store.archived_at = "2026-11-20T00:00:00Z"
    with pytest.raises(NotLinkable, match="is archived"):
        link(there, cast.store)


def test_the_shared_memory_is_not_linked(cast, there):
    with pytest.raises(NotLinkable, match="belongs to no agent"):
        link(there, cast.shared_store)


def test_without_a_key_nothing_is_asked(cast, there, settings):
    settings.ENGINE_OPTIONS = settings.ENGINE_OPTIONS | {"managed": {"key": ""}}
    with pytest.raises(VendorFailed, match="DAYBREAK_MANAGED_API_KEY"):
        link(there, cast.store)
    assert there.vendor.received == []


def test_a_workspace_that_lets_nothing_out_is_not_linked(cast, there):
    cast.workspace.regions = []
    cast.workspace.save(update_fields=["regions"])
    cast.store.workspace.refresh_from_db()
    with pytest.raises(VendorFailed, match="An admin sets this"):
        link(there, cast.store)
    assert there.vendor.received == []


def test_a_wrong_key_is_said_with_the_way_out(cast, there):
    there.vendor.key = "another"
    with pytest.raises(VendorFailed, match=r"does not accept the key.*\(request req_"):
        link(there, cast.store)


def test_nothing_listens_there(cast, there, settings):
    options = settings.ENGINE_OPTIONS["managed"] | {"base_url": "http://127.0.0.1:9"}
    settings.ENGINE_OPTIONS = settings.ENGINE_OPTIONS | {"managed": options}
    with pytest.raises(VendorFailed, match="DAYBREAK_MANAGED_BASE_URL"):
        link(there, cast.store)


def test_unlinking_leaves_what_is_there_and_can_be_done_anew(cast, linked):
    linked.vendor.stores.write(linked.store, "/a.md", "Kept.", {"type": "api_actor"})
    with pytest.raises(ReasonMissing):
        unlink_store(linked.hosted, reason=" ", by=linked.lead)
    unlink_store(linked.hosted, reason="Moved", by=linked.lead)
    unlink_store(linked.hosted, reason="Moved", by=linked.lead)
    assert entries("hosted.unlinked").count() == 1
    assert linked.store.texts() == {"/a.md": "Kept."}
    assert link(linked, cast.store)


def test_asking_twice_is_asking_once(linked):
    first = linked.again().wake_at
    ask_for_sync(linked.hosted)
    assert linked.again().wake_at == first
