"""Automatic mode on the demo: only what its rule allows, by the rule, on the record, taken back."""

import pytest
from django.test import Client

from agents import clock
from agents.models import MemoryStore, Person
from agents.releases import contents, live_release
from dreaming import dreams
from dreaming.demo.company import ANA, DEEPA, EVIDENCE, WORKSPACE
from dreaming.demo.seed import FOLD_IDENTICAL, seed
from dreaming.dreams import Wish
from dreaming.models import Dream
from reviews import decisions, reconcile
from reviews.audit import sealing
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.audit.report import Status
from reviews.changes import Op
from reviews.models import Containment, Decision, Proposal
from tests.dreaming import nights

pytestmark = [pytest.mark.django_db, pytest.mark.long]

KEPT, FOLDED = "/evidence/guide/pictures.md", "/evidence/screenshots/filters.md"
PAGES = f"/w/{WORKSPACE}"


def store_of(slug: str | None) -> MemoryStore:
    stores = MemoryStore.objects.select_related("workspace", "agent")
    return stores.get(workspace__slug=WORKSPACE, agent__slug=slug)


def dream_over(store: MemoryStore) -> Dream:
    """Dream, and let the worker carry out what was decided meanwhile."""
    dream = dreams.start_dream(store, Wish())
    dreams.run_due_dreams(clock.now())
    decisions.apply_due(clock.now())
    return nights.fresh(dream)


def served(store: MemoryStore) -> dict[str, str]:
    return {line.path: line.sha256 for line in contents(live_release(store))}


def client_of(person) -> Client:
    client = Client()
    row = Person.objects.get(email=person.email)
    client.force_login(row, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_demo_folds_by_rule_and_a_lead_takes_it_back():
    seed()
    store = store_of(EVIDENCE.slug)
    before, was = live_release(store), served(store)

    dream = dream_over(store)

    # Only what the rule allows: the two texts that are the same.
    filed = nights.filed_by(dream)
    by_rule = [one for one in filed if one.route["mode"] == "automatic"]
    (merge,) = by_rule
    assert len(filed) > 1
    assert {one.state for one in filed if one is not merge} == {"pending"}
    assert (merge.op, merge.state, merge.path) == (Op.MERGE, "applied", KEPT)
    assert served(store) == {path: text for path, text in was.items() if path != FOLDED}

    # By the rule as actor, on behalf of the dream, with its version.
    (decision,) = Decision.objects.filter(proposal=merge)
    assert (decision.person, decision.rule) == (None, f"{FOLD_IDENTICAL.name} version 1")
    approved = Entry.objects.get(object=str(merge), action=Action.APPROVED)
    body = read_body(approved.body)
    assert (body["actor"]["kind"], body["actor"]["id"]) == ("rule", FOLD_IDENTICAL.name)
    assert body["on_behalf"] == {"kind": "dream", "id": str(dream)}
    assert body["rule"] == {"name": FOLD_IDENTICAL.name, "version": 1}
    assert not Entry.objects.filter(actor_kind="rule").exclude(pk=approved.pk).exists()

    # The pages say so.
    ana = client_of(ANA)
    assert "Applied by rule" in ana.get(f"{PAGES}/review/{merge}/").content.decode()
    shown = ana.get(f"{PAGES}/dreams/{dream}/").content.decode()
    assert f">{merge}</a>" in shown

    # One action of the lead takes it back.
    deepa = client_of(DEEPA)
    reason = {"release": str(before), "reason": "The guide is for people, not for the agent."}
    answer = deepa.post(f"{PAGES}/agents/{EVIDENCE.slug}/roll-back/", reason)
    assert answer.status_code == 303
    assert served(store) == was
    assert Containment.objects.get().by.email == DEEPA.email

    # The next dream leaves it to people.
    again = dream_over(store)
    (left,) = [one for one in nights.filed_by(again) if one.op == Op.MERGE]
    assert left.state == "pending"
    assert f"it was applied as {merge} before, and taken back" in left.state_reason
    assert served(store) == was

    sealing.seal()
    sealing.checkpoint(clock.now())
    report = reconcile.verify()
    assert (report.status, report.problems) == (Status.SOUND, [])


def test_nothing_of_the_other_dreams_is_decided_by_a_rule():
    seed()
    for slug in ("claims-documents", "it-helpdesk", None):
        dream = dream_over(store_of(slug))
        assert {one.state for one in nights.filed_by(dream)} <= {"pending"}
    assert not Decision.objects.filter(person=None).exists()
    assert not Proposal.objects.filter(origin_kind="dream").exclude(state="pending").exists()
