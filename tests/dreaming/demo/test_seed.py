"""The demo company: filled through verbs, sealed, and each thing planted in it shows."""

import json

import pytest
from django.contrib.auth import authenticate

from agents import clock
from agents.memory import heads_of
from agents.models import Agent, MemoryStore, Person, Workspace
from agents.people import add_person, find_member
from agents.workspaces import create_agent
from dreaming.demo.company import DEEPA, MARTA, MEMORIES, PASSWORD, PEOPLE, WORKSPACE
from dreaming.demo.scenes import EVIDENCE_SCENES
from dreaming.demo.seed import NotTheDemo, is_seeded, seed
from dreaming.demo.sessions import SESSIONS, SESSIONS_A_SCENE
from dreaming.dreams import Wish, run_due_dreams, start_dream
from dreaming.models import Dream
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Checkpoint, Entry, Pending
from reviews.audit.report import Status
from reviews.audit.verify import verify_log
from reviews.models import ApprovalRule, OriginKind, Proposal, RuleChange
from tests import build
from tests.cast import wrapping_key
from tests.rows import Rows, put_rows, take_rows

pytestmark = pytest.mark.django_db


def dream_all() -> None:
    """Start a dream over each memory, as the demo does, and run them."""
    for store in MemoryStore.objects.select_related("workspace", "agent").order_by("pk"):
        start_dream(store, Wish())
    assert run_due_dreams(clock.now()) == 4


KEPT: dict[str, Rows] = {}
"""The rows of the demo with everything dreamt, as the verbs made them once in this process, by the
key that wraps what the log keeps of them."""


def seed_and_dream() -> None:
    """Fill the empty database with the demo and its dreams; the verbs run once a process."""
    if kept := KEPT.get(wrapping_key()):
        put_rows(kept)
        return
    seed()
    dream_all()
    KEPT[wrapping_key()] = take_rows()


def test_the_company_is_there_and_its_people_can_sign_in():
    made = seed()
    assert (made.added, made.not_agent_fault) == (SESSIONS, 1)
    for person in PEOPLE:
        row = Person.objects.get(email=person.email)
        assert authenticate(username=person.email, password=PASSWORD) == row
        member = find_member(row, Workspace.objects.get(slug=WORKSPACE))
        assert member is not None
        assert member.role == person.role


def test_what_the_company_remembers_was_approved_by_people():
    seed()
    heads = [head for store in MemoryStore.objects.all() for head in heads_of(store)]
    assert len(heads) == len(MEMORIES)
    applied = Proposal.objects.filter(state="applied")
    assert applied.count() == len(MEMORIES)
    for proposal in applied:
        deciders = set(proposal.decisions.values_list("person", flat=True))
        assert deciders
        assert proposal.proposer_id not in deciders


def test_one_change_of_the_rules_waits_for_the_second_person():
    seed()
    (change,) = RuleChange.objects.all()
    assert (change.state, change.proposed_by.email) == ("pending", DEEPA.email)
    assert not ApprovalRule.objects.filter(name=change.name).exists()


def test_no_row_is_written_past_a_verb():
    seed()
    done = list(Entry.objects.values_list("action", flat=True))
    assert done.count("credential.changed") == len(PEOPLE)
    assert done.count("workspace.changed") == 1
    assert done.count("session.ingested") == SESSIONS or "import.completed" in done


def test_the_log_is_sealed_signed_and_sound():
    seed()
    assert not Pending.objects.exists()
    assert Checkpoint.objects.count() == 1
    assert verify_log().status == Status.SOUND


def test_an_empty_database_is_not_seeded_yet():
    assert not is_seeded()


def test_a_second_start_finds_it_filled():
    seed_and_dream()
    assert is_seeded()


@pytest.mark.parametrize("what", ["workspace", "person"])
def test_anything_else_in_the_database_is_refused(what: str):
    if what == "workspace":
        build.workspace()
    else:
        build.person()
    with pytest.raises(NotTheDemo, match="DAYBREAK_DATA_DIR"):
        is_seeded()


def test_other_work_beside_the_demo_is_refused():
    seed_and_dream()
    build.workspace()
    with pytest.raises(NotTheDemo, match="other work"):
        is_seeded()


def test_a_demo_that_was_stopped_while_it_was_filled_says_the_way_out():
    seed()
    with pytest.raises(NotTheDemo, match="Remove its data folder"):
        is_seeded()


def test_people_and_agents_added_to_the_demo_do_no_harm():
    seed_and_dream()
    workspace = Workspace.objects.get(slug=WORKSPACE)
    marta = Person.objects.get(email=MARTA.email)
    add_person(workspace, email="new@harbourline.example", name="New", role="reviewer", by=marta)
    create_agent(workspace, "new-agent", by=SYSTEM)
    assert is_seeded()


# What the dreams find


@pytest.fixture
def dreamt() -> dict[str, Proposal]:
    """The dreams' proposals, by title."""
    seed_and_dream()
    return {row.title: row for row in Proposal.objects.filter(origin_kind=OriginKind.DREAM)}


def test_each_thing_that_was_planted_shows(dreamt: dict[str, Proposal]):
    limit = dreamt["set_decision: annual limit exceeded, remaining … of …"]
    assert any("Chance is an unlikely explanation." in one for one in limit.pattern_sentences)

    recovery = next(row for title, row in dreamt.items() if title.startswith("get_vpn_profile"))
    assert "call `enrol_device` first" in recovery.pattern_statement

    preference = dreamt["Always write the currency code after an amount"]
    assert (preference.pattern_kind, preference.taint) == ("preference", "member")

    outsiders = dreamt["Never close a review with open exceptions"]
    assert (outsiders.risk, outsiders.taint) == ("high", "principal")

    stale = next(row for row in dreamt.values() if row.pattern_kind == "stale")
    assert (stale.op, stale.path) == ("update", "/evidence/tickets/change-dates.md")
    assert "`closed_date`" in stale.revisions.get().content
    remembered = heads_of(stale.store).get(memory__path=stale.path)
    assert "deploy_date" in remembered.content

    fact = next(row for row in dreamt.values() if row.pattern_kind == "fact")
    assert "`patch_levels`" in fact.pattern_statement

    workflow = next(row for row in dreamt.values() if row.title == "Call list_payments")
    assert "Chance is an unlikely explanation." in workflow.pattern_sentences

    check = next(row for row in dreamt.values() if row.pattern_kind == "check")
    assert "the document the decision rests on" in check.pattern_statement

    asked = next(row for title, row in dreamt.items() if title.startswith("For claims in francs"))
    assert asked.pattern_numbers["conditions"] == ["for claims in francs"]

    assert any(row.agent is None for row in dreamt.values())


def test_an_injection_is_dropped_and_names_its_sessions(dreamt: dict[str, Proposal]):
    dream = Dream.objects.get(agent__slug="claims-documents")
    assert "Instruction found inside a tool result in S-" in json.dumps(dream.dropped)
    assert not any("4471" in row.pattern_statement for row in dreamt.values())


def test_an_outage_is_counted_and_not_read(dreamt: dict[str, Proposal]):
    dream = Dream.objects.get(agent__slug="soc2-evidence")
    assert ["failed for reasons outside the agent", 1] in dream.left_out
    assert dream.sessions_read == SESSIONS_A_SCENE * len(EVIDENCE_SCENES) - 1


def test_two_memories_that_contradict_each_other_are_shown_with_both_sides(
    dreamt: dict[str, Proposal],
):
    loans = next(row for title, row in dreamt.items() if title.startswith("Contradiction"))
    text = loans.revisions.get().content
    assert "within 10 working days" in text
    assert "within 30 working days" in text
    assert loans.state == "pending"


def test_the_lead_owns_an_agent():
    seed()
    owner = Agent.objects.get(slug="claims-documents").owner
    assert owner is not None
    assert owner.email == DEEPA.email
