"""Verbs: sessions in, once each, whatever is sent."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import close_old_connections, connection, transaction

from agents import sessions
from agents.errors import UnknownAgent
from agents.models import (
    Check,
    Event,
    MemoryRead,
    Outcome,
    Rendering,
    Session,
    SessionRevision,
    SystemPrompt,
)
from agents.releases import live_release
from agents.sessions import Kept, Standing, ingest_each, ingest_session, ingest_sessions
from agents.transcripts.base import (
    ParsedCheck,
    ParsedOutcome,
    ParsedSession,
    ParsedSubSession,
    Refused,
    Role,
    Verdict,
)
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry
from reviews.audit.values import open_values
from tests import build

SECRET = "sk-ant-api03-" + "a1B2" * 8


@pytest.fixture
def agent(db):
    return build.agent(build.workspace())


def parsed(position=0, external_id=None, **changes):
    """A small session as a parser yields it."""
    base = ParsedSession(
        position=position,
        external_id=external_id or f"run-{position}",
        agent="refund-desk",
        events=build.EVENTS,
        system_prompt="Be kind.",
    )
    return replace(base, **changes)


def ingest(agent, *items):
    """Everything that was sent, as one agent's."""
    return ingest_sessions(agent.workspace, items, agent_for=lambda _: agent, actor=SYSTEM)


def test_a_session_is_stored_as_it_was_parsed(agent):
    at = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
    event = replace(build.says("Hello."), at=at, person="mia", sub_session="a")
    kept = ingest_session(
        agent.workspace,
        agent,
        parsed(
            events=(event,),
            outcome=ParsedOutcome(Verdict.FAILURE, (ParsedCheck("paid", False, "no"),), 0.25),
            task_key="retail:1",
            trial="2",
            principal="mia",
            model="m-1",
            environment="test",
            not_agent_fault="down",
            started_at=at,
            ended_at=at,
            sub_sessions=(ParsedSubSession("a", "", "helper"),),
        ),
        actor=SYSTEM,
    )
    row = Session.objects.get(agent=agent)
    assert isinstance(kept, Kept)
    assert (row.number, row.external_id, row.revision) == (kept.number, "run-0", 1)
    assert (row.task_key, row.trial, row.principal) == ("retail:1", "2", "mia")
    assert (row.model, row.environment, row.verdict) == ("m-1", "test", "failure")
    assert (row.not_agent_fault, row.started_at, row.ended_at) == ("down", at, at)
    revision = row.revisions.get()
    assert revision.sub_sessions == [{"key": "a", "parent": "", "label": "helper"}]
    assert revision.system_prompt.text == "Be kind."
    stored = Event.objects.get(revision=revision)
    assert (stored.index, stored.kind, stored.role, stored.trust) == (
        0,
        "message",
        "user",
        "principal",
    )
    assert (stored.text, stored.person, stored.sub_session, stored.at) == ("Hello.", "mia", "a", at)
    outcome = Outcome.objects.get(revision=revision)
    assert (outcome.verdict, outcome.edit_distance) == ("failure", 0.25)
    check = Check.objects.get(outcome=outcome)
    assert (check.position, check.name, check.passed, check.message) == (0, "paid", False, "no")


def test_every_event_of_a_session_is_stored_in_its_place(agent):
    ingest(agent, parsed())
    rows = Event.objects.order_by("index").values_list("index", "kind", "tool", "is_error", "text")
    assert list(rows) == [
        (index, event.kind.value, event.tool, event.is_error, event.text)
        for index, event in enumerate(build.EVENTS)
    ]


def test_text_that_looks_like_the_database_s_own_marks_is_kept_verbatim(agent):
    texts = ["\\N", "\\.", "a\tb\nc\\d", "%s", "'; --", "\u202e x", "né 日本 🙂", ""]
    events = [build.calls("t", text, f"c{n}") for n, text in enumerate(texts)]
    ingest(agent, parsed(events=tuple(events)))
    assert list(Event.objects.order_by("index").values_list("text", flat=True)) == texts


def test_the_second_time_nothing_is_added_and_the_totals_are_the_same(agent):
    items = [parsed(n) for n in range(3)]
    first, second = ingest(agent, *items), ingest(agent, *items)
    assert (first.added, first.unchanged) == (3, 0)
    assert (second.added, second.unchanged) == (0, 3)
    totals = [(t.sessions, t.events, t.tool_calls, t.tool_errors) for t in (first, second)]
    assert totals == [(3, 12, 3, 3), (3, 12, 3, 3)]
    assert (Session.objects.count(), Event.objects.count()) == (3, 12)


def test_the_second_time_nothing_is_logged(agent):
    ingest(agent, parsed())
    before = Entry.objects.count()
    ingest(agent, parsed())
    assert Entry.objects.count() == before


def test_a_changed_session_is_a_new_revision_and_the_old_one_stays(agent):
    ingest(agent, parsed())
    longer = (*build.EVENTS, build.says("Thank you."))
    total = ingest(agent, parsed(events=longer, outcome=ParsedOutcome(Verdict.SUCCESS)))
    row = Session.objects.get()
    assert (total.revised, row.revision, row.verdict) == (1, 2, "success")
    counts = SessionRevision.objects.order_by("number").values_list("number", "event_count")
    assert list(counts) == [(1, 4), (2, 5)]
    assert Event.objects.filter(revision__number=1).count() == 4


def test_an_older_content_that_comes_late_changes_nothing(agent):
    ingest(agent, parsed())
    ingest(agent, parsed(events=build.EVENTS[:2]))
    assert ingest(agent, parsed()).unchanged == 1
    assert Session.objects.get().revision == 2


def test_two_contents_of_one_session_in_one_file_are_two_revisions(agent):
    total = ingest(agent, parsed(0, "same"), parsed(1, "same", trial="2"), parsed(2, "same"))
    assert (total.added, total.revised, total.unchanged) == (1, 1, 1)


def test_agents_may_use_the_same_ids(agent):
    other = build.agent(agent.workspace, "other-desk")
    found = {"refund-desk": agent, "other-desk": other}
    items = [parsed(0, "same"), parsed(1, "same", agent="other-desk")]
    ingest_sessions(agent.workspace, items, agent_for=found.__getitem__, actor=SYSTEM)
    assert [str(row.agent) for row in Session.objects.order_by("number")] == [
        found[name].name for name in found
    ]


def test_a_broken_record_among_a_thousand_is_refused_and_the_rest_goes_in(agent):
    items = [parsed(n, events=(build.says("Hi."),)) for n in range(1000)]
    items[500] = replace(items[500], external_id="")
    items[700] = Refused(700, "not JSON")
    total = ingest(agent, *items)
    assert total.added == 998
    assert [(r.position, r.reason) for r in total.refused] == [
        (500, "external_id is empty; a session needs one to be known by"),
        (700, "not JSON"),
    ]


def test_an_unknown_agent_refuses_its_session_alone(agent):
    def find(slug):
        if slug != "refund-desk":
            raise UnknownAgent(f"No agent {slug}.")
        return agent

    items = [parsed(0), parsed(1, agent="ghost"), parsed(2)]
    total = ingest_sessions(agent.workspace, items, agent_for=find, actor=SYSTEM)
    assert (total.added, total.refused) == (2, [Refused(1, "No agent ghost.")])


def test_no_transaction_is_open_while_the_parser_reads(agent, monkeypatch):
    monkeypatch.setattr(sessions, "ROWS_A_LOOK", 10)
    seen = []

    def read():
        for position in range(6):
            seen.append(Session.objects.count())
            yield parsed(position)

    ingest_sessions(agent.workspace, read(), agent_for=lambda _: agent, actor=SYSTEM)
    assert seen == [0, 0, 0, 2, 2, 4]


def test_a_transaction_takes_at_most_five_hundred_rows_or_one_session(agent, monkeypatch):
    sizes = []
    write = sessions._write

    def note(plan, batch, actor):
        sizes.append(sum(ready.size for ready in batch))
        write(plan, batch, actor)

    monkeypatch.setattr(sessions, "_write", note)
    many = tuple(build.says(f"{n}") for n in range(150))
    long = tuple(build.says(f"{n}") for n in range(700))
    ingest(agent, *(parsed(n, events=many) for n in range(5)), parsed(5, events=long))
    assert sizes == [453, 302, 701]


def test_what_failed_outside_the_agent_is_counted(agent):
    total = ingest(agent, parsed(0), parsed(1, events=(), not_agent_fault="The run crashed."))
    assert (total.sessions, total.not_agent_fault) == (2, 1)


def test_secrets_and_characters_never_reach_a_row(agent):
    total = ingest(agent, parsed(events=(build.says(f"Key {SECRET} \0"),)))
    revision = SessionRevision.objects.get()
    assert (total.secrets_removed, revision.secrets_removed) == (1, 1)
    assert (total.characters_replaced, revision.characters_replaced) == (1, 1)
    assert SECRET not in Event.objects.get().text


def test_a_system_prompt_is_stored_once_a_text(agent):
    ingest(agent, parsed(0), parsed(1), parsed(2, system_prompt="Be brief."))
    ingest(agent, parsed(3))
    assert SystemPrompt.objects.count() == 2
    assert SessionRevision.objects.filter(system_prompt__text="Be kind.").count() == 3


def test_a_session_without_a_system_prompt_has_none(agent):
    ingest(agent, parsed(system_prompt=""))
    assert SessionRevision.objects.get().system_prompt is None


def test_a_member_of_the_workspace_is_trusted_as_one(agent):
    build.person("Rosa", within=agent.workspace)
    build.person("Olga", within=build.workspace("elsewhere"))
    events = [replace(build.says("x"), person=name) for name in ("Rosa", "Olga", "mia")]
    ingest(agent, parsed(events=tuple(events)))
    trust = Event.objects.order_by("index").values_list("trust", flat=True)
    assert list(trust) == ["member", "principal", "principal"]


def test_what_tools_bring_in_from_outside_is_marked(agent):
    events = (build.calls("web_search"), build.answers("Buy now!", tool="web_search"))
    ingest(agent, parsed(events=(*events, build.says("Hm.", Role.ASSISTANT))))
    trust = Event.objects.order_by("index").values_list("trust", flat=True)
    assert list(trust) == ["agent", "outside", "agent"]


def test_a_session_is_linked_to_the_releases_it_began_with(agent):
    own, shared = live_release(agent.store), live_release(build.shared_store(agent.workspace))
    rendering = Rendering.objects.create(
        workspace=agent.workspace, key="k", sha256="0" * 64, tokens=0
    )
    MemoryRead.objects.create(
        workspace=agent.workspace,
        agent=agent,
        external_session_id="run-0",
        release=own,
        shared_release=shared,
        budget_tokens=100,
        rendering=rendering,
    )
    ingest(agent, parsed(0), parsed(1))
    rows = Session.objects.order_by("number").values_list("release", "shared_release")
    assert list(rows) == [(own.pk, shared.pk), (None, None)]


def test_the_log_has_an_entry_a_session_with_counts_and_no_text(agent):
    ingest(agent, parsed(external_id="order of Mia"), parsed(1))
    entries = Entry.objects.filter(action="session.ingested").order_by("id")
    assert [entry.object for entry in entries] == ["S-1", "S-2"]
    body = json.loads(entries[0].body)
    assert body["after"] == {
        "agent": "refund-desk",
        "events": 4,
        "tool_calls": 1,
        "tool_errors": 1,
        "verdict": "unknown",
    }
    assert "Mia" not in entries[0].body
    assert open_values(body["values"]) == {
        "content_hash": SessionRevision.objects.get(session__number=1).content_hash
    }


def test_a_revision_is_logged_as_one(agent):
    ingest(agent, parsed())
    ingest(agent, parsed(trial="2"))
    body = json.loads(Entry.objects.latest("id").body)
    assert (body["action"], body["object"], body["revision"]) == ("session.revised", "S-1", 2)


def test_results_come_with_the_place_of_each_session_in_what_was_sent(agent):
    items = [parsed(4), Refused(5, "broken"), parsed(6)]
    results = list(ingest_each(agent.workspace, items, agent_for=lambda _: agent, actor=SYSTEM))
    assert {result.position for result in results} == {4, 5, 6}
    assert [r.standing for r in results if isinstance(r, Kept)] == [Standing.ADDED] * 2


@pytest.mark.django_db(transaction=True)
def test_sessions_are_not_taken_in_inside_a_transaction():
    agent = build.agent(build.workspace())
    with pytest.raises(RuntimeError), transaction.atomic():
        ingest(agent, parsed())
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_writers_who_bring_in_the_same_sessions_store_each_once():
    agent = build.agent(build.workspace())

    def bring_in(_):
        close_old_connections()
        try:
            return ingest(agent, *(parsed(n, events=(build.says("Hi."),)) for n in range(40)))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        totals = list(pool.map(bring_in, range(4)))
    assert sum(total.added for total in totals) == 40
    assert sum(total.unchanged for total in totals) == 120
    assert (Session.objects.count(), SessionRevision.objects.count()) == (40, 40)
    assert Entry.objects.filter(action="session.ingested").count() == 40


@pytest.mark.django_db(transaction=True)
def test_writers_who_revise_the_same_session_leave_one_revision_each():
    agent = build.agent(build.workspace())
    ingest(agent, parsed())

    def revise(trial):
        close_old_connections()
        try:
            return ingest(agent, parsed(trial=trial)).revised
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(revise, ["a", "b", "c", "d"])) == 4
    assert Session.objects.get().revision == 5
    numbers = SessionRevision.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4, 5]
