"""The page of a link, as a lead and others use it."""

import pytest
from django.urls import reverse

from agents.models import HostedPush, HostedStore
from dreaming.hosted.tending import send
from reviews.models import Proposal
from tests import build
from tests.dreaming.hosted.changes import ODD, OLD, PATH, written

SESSION = {"type": "session_actor", "session_id": "sesn_9"}


@pytest.fixture
def at(cast):
    def address(name="hosted"):
        return reverse(name, args=[cast.workspace.slug, cast.agent.slug])

    return address


@pytest.fixture
def lead(cast, client_of):
    return client_of(cast.lead)


@pytest.fixture
def strayed(cast, linked):
    written(cast.store, OLD)
    linked.tend()
    linked.vendor.stores.write(linked.store, PATH, ODD, SESSION)
    linked.tend()
    return linked


def page(client, address):
    return client.get(address).content.decode()


def test_a_lead_links_and_sees_what_is_read(lead, there, at):
    given = {"remote_id": there.store.id, "remote_agent": there.agent["id"]}
    assert "Link a store" in page(lead, at())
    assert lead.post(at("hosted_link"), given).status_code == 302
    there.hosted = HostedStore.objects.get()
    there.tend()
    shown = page(lead, at())
    assert there.store.id in shown
    assert "Nothing waits" in shown


def test_what_cannot_be_linked_is_said_beside_the_fields(lead, there, at):
    given = {"remote_id": "memstore_9999", "remote_agent": there.agent["id"]}
    answer = lead.post(at("hosted_link"), given)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "There is no store memstore_9999" in shown
    assert there.agent["id"] in shown


def test_why_a_sync_broke_off_is_said(lead, linked, at):
    linked.vendor.key = "another"
    linked.tend()
    shown = page(lead, at())
    assert "DAYBREAK_MANAGED_API_KEY" in shown
    assert "Nothing was read yet" in shown


def test_a_lead_puts_back_what_is_served(lead, strayed, at):
    shown = page(lead, at())
    assert "session sesn_9" in shown
    assert ODD.strip() in shown
    write = str(strayed.hosted.writes.get().pk)
    answer = lead.post(at("hosted_revert"), {"write": write, "reason": "Nobody approved it"})
    assert answer.status_code == 302
    send(strayed.again())
    assert strayed.store.texts() == {PATH: OLD}
    assert "put back what is served here" in page(lead, at())


def test_a_lead_files_it_as_a_proposal(lead, strayed, at):
    write = str(strayed.hosted.writes.get().pk)
    lead.post(at("hosted_take_up"), {"write": write, "reason": "Look at it"})
    row = Proposal.objects.get()
    assert "filed it as" in page(lead, at())
    assert str(row) in page(lead, at())


@pytest.mark.parametrize(
    "given", [{}, {"reason": "Why"}, {"write": "1", "reason": ""}, {"write": "99", "reason": "Why"}]
)
@pytest.mark.parametrize("name", ["hosted_revert", "hosted_take_up"])
def test_an_answer_needs_a_choice_and_a_reason(lead, strayed, at, name, given):
    assert lead.post(at(name), given).status_code == 422
    assert not HostedPush.objects.exclude(by=None).exists()
    assert not Proposal.objects.exists()


def test_others_see_it_without_controls(cast, client_of, strayed, at):
    for person in (cast.reviewer, cast.auditor):
        shown = page(client_of(person), at())
        assert "session sesn_9" in shown
        assert 'name="write"' not in shown


def test_a_store_that_is_not_linked_has_nothing_to_answer(lead, at):
    assert lead.post(at("hosted_sync")).status_code == 404
    assert lead.post(at("hosted_revert"), {"write": "1", "reason": "x"}).status_code == 404


def test_the_page_asks_as_much_however_much_was_written(
    cast, lead, at, django_assert_max_num_queries
):
    link = build.hosted_store(cast.store, cast.lead)
    build.outside_write(link)
    lead.get(at())
    with django_assert_max_num_queries(60) as few:
        lead.get(at())
    for _ in range(6):
        build.outside_write(link)
        build.outside_write(link, answer="reverted", answered_by=cast.lead)
        link.pushes.create(path=f"/p{build.counted}.md", state="done", by=cast.lead)
    with django_assert_max_num_queries(len(few)):
        lead.get(at())


def test_hostile_words_of_the_vendor_are_words(cast, lead, at):
    link = build.hosted_store(cast.store, cast.lead, name="<script>alert(1)</script>\u202e")
    build.outside_write(link, path="/<b>x.md", content="<img src=x onerror=alert(1)>\u202e")
    shown = page(lead, at())
    assert "<script>alert(1)" not in shown
    assert "<img src=x" not in shown
    assert "\u202e" not in shown
