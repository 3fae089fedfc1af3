import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents import clock, freezes
from agents.memory import write_memory
from agents.models import MemoryStore, MemoryVersion, Release
from agents.people import find_member
from agents.releases import live_release, publish
from reviews import containment, decisions
from reviews.audit.actors import SYSTEM
from reviews.models import Proposal
from tests import build
from tests.reviews.views.desks import approve, fresh

pytestmark = pytest.mark.django_db


def place(release):
    return f"/w/northwind/releases/{release}/"


def read(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def write_many(store, count, start=0):
    """Apply so many new memories and publish them as one release."""
    for n in range(start, start + count):
        with transaction.atomic():
            write_memory(
                store,
                f"/rules/{n:04d}.md",
                f"Rule {n} stands.\n",
                base_version=None,
                actor=SYSTEM,
                number=1_000 + n,
            )
    return publish(store)


@pytest.fixture
def lead(cast, client_of):
    return client_of(cast.lead)


@pytest.mark.parametrize("who", ["reviewer", "lead", "auditor"])
def test_shows_what_it_changed_and_its_sha256(cast, client_of, who):
    release = write_many(cast.store, 2)
    page = read(client_of(getattr(cast, who)), place(release))
    assert "Changes 2 paths against" in page
    assert "/rules/0000.md" in page
    assert '<ins><span class="vh">added: </span>Rule 1 stands.' in page
    assert release.sha256 in page


def test_an_admin_sees_no_content(cast, client_of):
    assert client_of(cast.admin).get(place(live_release(cast.store))).status_code == 403


def test_a_release_of_another_workspace_is_not_there(cast, lead):
    for n in range(5):
        release = write_many(cast.other_agent.store, 1, start=n)
    assert lead.get(place(release)).status_code == 404


def test_says_whether_it_is_served(cast, lead):
    first = write_many(cast.store, 1)
    second = write_many(cast.store, 1, start=1)
    assert "Channel live" in read(lead, place(second))
    page = read(lead, place(first))
    assert "Channel live" not in page
    assert "sessions that began with it keep it" in page


def test_only_a_lead_can_go_back_and_not_to_what_is_live(cast, client_of, lead):
    first = write_many(cast.store, 1)
    second = write_many(cast.store, 1, start=1)
    form = 'action="/w/northwind/agents/refund-desk/roll-back/"'
    assert form in read(lead, place(first))
    assert form not in read(lead, place(second))
    assert form not in read(client_of(cast.reviewer), place(first))
    assert form not in read(client_of(cast.auditor), place(first))


def test_the_form_of_the_shared_memory_goes_to_the_shared_memory(cast, lead):
    first = write_many(cast.shared_store, 1)
    write_many(cast.shared_store, 1, start=1)
    page = read(lead, place(first))
    assert 'action="/w/northwind/agents/shared/roll-back/"' in page
    answer = lead.post(
        "/w/northwind/agents/shared/roll-back/", {"release": first.number, "reason": "Wrong"}
    )
    assert answer.status_code in (302, 303)
    assert live_release(cast.shared_store).memory_count == 1


def test_names_the_release_it_went_back_to(cast, lead):
    first = write_many(cast.store, 1)
    write_many(cast.store, 1, start=1)
    member = find_member(cast.lead, cast.workspace)
    containment.roll_back(cast.store, first, by=member, reason="Wrong")
    page = read(lead, place(live_release(cast.store)))
    assert f'Went back to the texts of <a href="{place(first)}">{first}</a>' in page
    assert "retired" in page


def test_the_first_release_is_empty_and_says_so(cast, lead):
    empty = Release.objects.get(store=cast.store, sequence=0)
    page = read(lead, place(empty))
    assert "The empty release this memory began with." in page
    assert "No text differs" in page


def test_many_paths_are_counted_and_the_first_shown(cast, lead):
    page = read(lead, place(write_many(cast.store, 23)))
    assert "Changes 23 paths" in page
    assert "and 3 more paths." in page
    assert "/rules/0019.md" in page
    assert "/rules/0020.md" not in page


def test_asks_no_more_for_more_paths(cast, lead):
    def count(release):
        lead.get(place(release))
        with CaptureQueriesContext(connection) as asked:
            lead.get(place(release))
        return len(asked)

    few = count(write_many(cast.store, 10))
    assert count(write_many(cast.store, 20, start=10)) == few <= 15


# The list, and the difference of any two

LIST = "/w/northwind/agents/refund-desk/releases/"


def test_lists_the_releases_of_a_store_newest_first(cast, lead):
    first = write_many(cast.store, 2)
    second = write_many(cast.store, 1, start=2)
    write_many(cast.shared_store, 1, start=9)
    page = lead.get(LIST)
    assert [str(one) for one in page.context["page"].items][:2] == [str(second), str(first)]
    assert page.context["live"] == second
    assert "2 memories, 0 retired" in " ".join(page.content.decode().split())
    assert first.sha256[:12] in page.content.decode()


def test_any_two_are_compared_by_an_address(cast, lead):
    first = write_many(cast.store, 1)
    write_many(cast.store, 1, start=1)
    last = write_many(cast.store, 1, start=2)
    page = read(lead, f"{LIST}?from={first}&to={last}")
    assert f"{first} to {last}" in page
    assert "2 paths differ" in page
    assert "/rules/0002.md" in page
    assert "/rules/0000.md" not in page
    back = read(lead, f"{LIST}?from={last}&to={first}")
    assert "<del>" in back


def test_the_same_twice_says_so(cast, lead):
    only = write_many(cast.store, 1)
    assert "Both hold the same texts." in read(lead, f"{LIST}?from={only}&to={only}")


@pytest.mark.parametrize("query", ["?from=R-1", "?from=R-1&to=R-999", "?from=x&to=", "?at=junk"])
def test_what_cannot_be_compared_shows_the_list_alone(cast, lead, query):
    write_many(cast.store, 1)
    page = lead.get(LIST + query)
    assert page.status_code == 200
    assert page.context["compared"] is None


def test_a_release_of_another_store_is_not_compared(cast, lead):
    own = write_many(cast.store, 1)
    other = write_many(cast.shared_store, 1, start=5)
    assert lead.get(f"{LIST}?from={own}&to={other}").context["compared"] is None


def test_the_shared_memory_has_its_list(cast, lead):
    release = write_many(cast.shared_store, 1)
    assert str(release) in read(lead, "/w/northwind/agents/shared/releases/")


def test_a_longer_list_asks_no_more(cast, lead):
    def count():
        lead.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            lead.get(LIST)
        return len(asked)

    write_many(cast.store, 1)
    few = count()
    for n in range(1, 6):
        write_many(cast.store, 1, start=n)
    assert count() == few <= 13


# When it is published

WHEN = f"{LIST}when/"
PUBLISH = f"{LIST}publish/"


def wait_with(cast, content="Shipped orders stay shipped.\n"):
    """An approved change that waits to be published by hand."""
    MemoryStore.objects.filter(pk=cast.store.pk).update(publishing="by_hand")
    made = build.filed(cast.store, content=content)
    for name in ("second_reviewer", "lead"):
        if fresh(made).state != "scheduled":
            approve(cast, made, name)
    Proposal.objects.filter(pk=made.pk).update(apply_at=clock.now())
    decisions.apply_due(clock.now())
    return fresh(made)


def seen_on(client):
    return client.get(LIST).context["parcel"].seen


def test_what_waits_is_listed_with_who_approved_it_and_published_as_listed(cast, client_of):
    made = wait_with(cast)
    client = client_of(cast.reviewer)
    page = read(client, LIST)
    assert "1 change waits to be published" in page
    assert "Published by hand" in page
    assert f'/review/{made}/">{made}</a> Sven' in page
    answer = client.post(PUBLISH, {"seen": seen_on(client)})
    assert (answer.status_code, answer["Location"]) == (303, LIST)
    page = read(client, LIST)
    assert "Nothing waits to be published" in page
    assert "<small>Rosa</small>" in page
    assert "Sven" in read(client, place(live_release(cast.store)))


def test_another_list_than_was_shown_is_a_conflict_with_the_new_list(cast, client_of):
    wait_with(cast)
    client = client_of(cast.reviewer)
    seen = seen_on(client)
    wait_with(cast, "Refunds take two days.\n")
    answer = client.post(PUBLISH, {"seen": seen})
    assert answer.status_code == 409
    assert "2 changes wait to be published" in " ".join(answer.content.decode().split())
    assert "Nothing was published" in answer.content.decode()


def test_a_form_that_was_never_shown_is_refused(cast, client_of):
    assert client_of(cast.reviewer).post(PUBLISH, {"seen": "x"}).status_code == 422


def test_who_may_not_publish_reads_why_and_finds_no_button(cast, client_of):
    wait_with(cast)
    page = read(client_of(cast.auditor), LIST)
    assert f'action="{PUBLISH}"' not in page
    assert "Reviewers and leads publish; your role does not." in page


def test_a_freeze_takes_the_button_and_says_so(cast, client_of):
    wait_with(cast)
    freezes.freeze_agent(cast.agent, reason="Odd", by=cast.lead)
    page = read(client_of(cast.reviewer), LIST)
    assert f'action="{PUBLISH}"' not in page
    assert "not published until a lead lifts the freeze" in page


def test_a_lead_sets_a_schedule_and_the_page_says_when(cast, lead):
    sent = {"mode": "scheduled", "cron": "0 6 * * *", "zone": "Europe/Berlin"}
    assert lead.post(WHEN, sent).status_code == 303
    page = read(lead, LIST)
    assert "Published on a schedule" in page
    assert "at 06:00 every day, Europe/Berlin" in page
    assert lead.get(LIST).context["next_slot"] is not None


@pytest.mark.parametrize(
    "sent",
    [
        {"mode": "never"},
        {"mode": "scheduled", "cron": "soon", "zone": "UTC"},
        {"mode": "scheduled", "cron": "0 6 * * *", "zone": "Moon/Base"},
        {"mode": "at_once"},
    ],
)
def test_a_setting_that_cannot_be_taken_is_said_on_the_page(cast, lead, sent):
    answer = lead.post(WHEN, sent)
    assert answer.status_code == 422
    assert "<details open>" in answer.content.decode()


def test_only_a_lead_finds_the_form_of_the_setting(cast, client_of, lead):
    assert f'action="{WHEN}"' in read(lead, LIST)
    assert f'action="{WHEN}"' not in read(client_of(cast.reviewer), LIST)


def test_more_that_waits_asks_no_more(cast, client_of):
    client = client_of(cast.reviewer)

    def count():
        client.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        return len(asked)

    wait_with(cast)
    few = count()
    for n in range(4):
        wait_with(cast, f"Rule {n} stands.\n")
    assert count() == few <= 20


# Every text of one


def test_every_text_of_a_release_is_read_with_its_hash(cast, lead):
    release = write_many(cast.store, 2)
    page = read(lead, f"{place(release)}texts/")
    assert "Rule 0 stands." in page
    assert "Rule 1 stands." in page
    assert release.sha256 in page
    for version in MemoryVersion.objects.filter(memory__store=cast.store):
        assert version.sha256 in page


def test_texts_of_an_earlier_release_are_those_of_then(cast, lead):
    first = write_many(cast.store, 1)
    write_many(cast.store, 1, start=1)
    page = read(lead, f"{place(first)}texts/")
    assert "/rules/0000.md" in page
    assert "/rules/0001.md" not in page


def test_many_texts_come_in_pages_by_path_and_ask_no_more(cast, lead):
    def count(release, query=""):
        lead.get(f"{place(release)}texts/{query}")
        with CaptureQueriesContext(connection) as asked:
            lead.get(f"{place(release)}texts/{query}")
        return len(asked)

    few = count(write_many(cast.store, 2))
    release = write_many(cast.store, 43, start=2)
    assert count(release) == few <= 12
    assert "Page 1 of 2" in read(lead, f"{place(release)}texts/")
    last = read(lead, f"{place(release)}texts/?page=2")
    assert "/rules/0044.md" in last
    assert "/rules/0039.md" not in last


@pytest.mark.parametrize("query", ["?page=0", "?page=-1", "?page=99", "?page=x", "?page="])
def test_a_page_that_is_none_is_the_nearest(cast, lead, query):
    release = write_many(cast.store, 1)
    assert "Rule 0 stands." in read(lead, f"{place(release)}texts/{query}")


def test_the_empty_release_says_so(cast, lead):
    page = read(lead, f"{place(live_release(cast.store))}texts/")
    assert "This release holds no text" in page


def test_what_is_quarantined_is_marked(cast, lead):
    release = write_many(cast.store, 1)
    build.quarantine(
        workspace=cast.workspace,
        kind="memory",
        target="M-1",
        memory=cast.store.memories.get(),
        through=1,
        by=cast.lead,
    )
    assert "Quarantined: no agent reads it" in read(lead, f"{place(release)}texts/")
