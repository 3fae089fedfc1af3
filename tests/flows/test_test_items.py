"""Test items: look like proposals, are told after the answer, and reach nothing that is true."""

import json

import pytest

from agents.models import MemoryVersion, Release, Workspace
from agents.people import find_member
from dreaming.navigation import count_open
from reviews import seeding
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.exhibits import Staging, dossier_of_sample
from reviews.models import Decision, Proposal, ProposalRevision, SeededItem
from reviews.samples.base import Answer
from reviews.samples.pool import POOL
from reviews.seeding import Hits, hits_of
from tests import build
from tests.clock import DAYBREAK
from tests.reviews.views.desks import HTMX, post, text_of

pytestmark = pytest.mark.django_db
SHOWN = {"revision": 1, "state": "pending"}
REJECTED = {**SHOWN, "code": "wrong", "reason": "It is not so."}


def always(cast):
    """Let the lot fall on every decision, beyond what a lead can set."""
    Workspace.objects.filter(pk=cast.workspace.pk).update(test_item_percent=100)


@pytest.fixture
def client(cast, client_of):
    return client_of(cast.reviewer)


def decide(cast, client, **headers):
    proposal = build.filed(cast.store, content=f"Note {Proposal.objects.count()}.\n")
    return post(client, f"/w/northwind/review/{proposal}/approve/", SHOWN, **headers)


@pytest.fixture
def item(cast, client):
    always(cast)
    decide(cast, client)
    return SeededItem.objects.get()


def at(item, page=""):
    return f"/w/northwind/review/P-{item.number}/{page}"


@pytest.mark.parametrize("sample", POOL.values(), ids=lambda sample: sample.key)
def test_every_case_looks_like_low_or_medium_risk_and_quotes_word_for_word(sample):
    dossier = dossier_of_sample(sample, Staging(7, DAYBREAK))
    assert dossier.proposal.risk in {"low", "medium"}
    assert all(cited.words in cited.turns[cited.at].text for cited in sample.quotes)
    assert sample.because.endswith(".")


def test_nothing_is_shown_until_a_lead_says_so(cast, client):
    for _ in range(5):
        decide(cast, client)
    assert not SeededItem.objects.exists()


def test_after_a_decision_the_item_comes_next_by_form_and_by_script(cast, client, client_of):
    always(cast)
    answer = decide(cast, client)
    first = SeededItem.objects.get()
    assert answer.headers["Location"] == at(first)
    other = client_of(cast.second_reviewer)
    piece = decide(cast, other, **HTMX)
    second = SeededItem.objects.get(person=cast.second_reviewer)
    assert piece.headers["HX-Push-Url"] == at(second)
    assert seeding.sample_of(second).title in text_of(piece)
    assert 'hx-swap-oob="morph"' in text_of(piece), "the queue is renewed as after any decision"


def test_it_has_the_page_of_a_proposal_and_does_not_say_what_it_is(client, item):
    page = text_of(client.get(at(item)))
    assert f"P-{item.number}" in page
    assert f'action="{at(item, "approve/")}' in page
    assert "Evidence" in page
    assert "est item" not in page
    assert "Right answer" not in page
    assert client.get(at(item, "reject/")).status_code == 200
    assert "2 opened" in text_of(client.get(at(item, "evidence/1/"), headers=HTMX))


@pytest.mark.parametrize("page", ["approve/", "reject/"])
def test_the_answer_is_told_with_the_reason_and_recorded(client, item, page):
    told = text_of(client.post(at(item, page), REJECTED))
    sample = seeding.sample_of(item)
    assert "This was a test item." in told
    assert f"Right answer: {sample.right.value}" in told
    item.refresh_from_db()
    assert item.answer == page.rstrip("/")
    entry = json.loads(Entry.objects.get(action=Action.TEST_ITEM_ANSWERED).body)
    assert entry["object"] == f"test-item:P-{item.number}"
    assert entry["after"] == {
        "case": item.sample,
        "answer": item.answer,
        "right": sample.right.value,
    }
    assert "Approve change" not in text_of(client.get(at(item)))


def test_it_is_answered_once_and_an_edit_counts_for_neither(cast, client, item):
    assert "This was a test item." in text_of(client.get(at(item, "edit/")))
    assert client.post(at(item, "approve/"), SHOWN).status_code == 409
    assert hits_of(cast.workspace) == Hits(0, 0)


def test_a_rejection_without_a_reason_is_asked_again(client, item):
    assert client.post(at(item, "reject/"), SHOWN).status_code == 422
    assert SeededItem.objects.get().answer == ""


def test_it_is_its_own_persons_and_nobody_elses(cast, client_of, item):
    for name in ("second_reviewer", "lead", "auditor", "outsider"):
        assert client_of(getattr(cast, name)).get(at(item)).status_code == 404


def test_nobody_gets_a_second_one_while_one_is_open_nor_the_same_twice(cast, client, item):
    decide(cast, client)
    assert SeededItem.objects.count() == 1
    for _ in range(2 * len(POOL)):
        for one in SeededItem.objects.filter(answered_at=None):
            member = find_member(cast.reviewer, cast.workspace)
            seeding.answer_item(one, Answer.REJECT, by=member)
        decide(cast, client)
    cases = list(SeededItem.objects.values_list("sample", flat=True))
    assert sorted(cases) == sorted(POOL)


def test_nothing_true_holds_any_of_it(cast, client, item):
    def state():
        return (
            list(Proposal.objects.values_list("pk", "state")),
            ProposalRevision.objects.count(),
            Decision.objects.count(),
            MemoryVersion.objects.count(),
            Release.objects.count(),
            count_open(find_member(cast.reviewer, cast.workspace)),
            Entry.objects.filter(action__startswith="decision.").count(),
            Entry.objects.filter(action__startswith="proposal.").count(),
        )

    before = state()
    client.get(at(item))
    client.post(at(item, "approve/"), SHOWN)
    assert state() == before
    assert not Proposal.objects.filter(number=item.number).exists()
    assert not Entry.objects.filter(object=f"P-{item.number}").exists()
    assert item.sample not in text_of(client.get("/w/northwind/review/?q=is:all"))


def test_the_share_stands_on_the_rules_page_and_a_lead_sets_it(cast, client_of):
    lead = client_of(cast.lead)
    done = lead.post("/w/northwind/rules/test-items/", {"percent": 2}, follow=True)
    assert "after 2 of 100 decisions" in text_of(done)
    assert "after 2 of 100 decisions" in text_of(
        client_of(cast.reviewer).get("/w/northwind/rules/")
    )
    assert lead.post("/w/northwind/rules/test-items/", {"percent": 11}).status_code == 422
    entry = Entry.objects.get(action=Action.SETTING_CHANGED)
    assert entry.object == "setting:test-items"
