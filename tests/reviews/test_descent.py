"""What descends from a target: by evidence through edits and merges, and by having been read."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Session
from agents.reads import read_memory
from agents.transcripts.base import Verdict
from reviews import containment, revisions
from reviews.changes import Op, Relation
from reviews.descent import Descent, trace
from reviews.models import Proposal
from tests import build
from tests.cast import Cast
from tests.reviews.filings import by_hand
from tests.reviews.poison import WORDS, aim, learn, memory_at, paths_of, quote, says
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db

BUDGET = 4_000


@pytest.fixture
def bad(cast: Cast) -> Session:
    return says(cast.agent)


@pytest.fixture
def good(cast: Cast) -> Session:
    return says(cast.agent)


def of_session(cast: Cast, session: Session) -> Descent:
    return trace(aim(cast, "session", session))


def test_what_quotes_the_session_rests_on_it_and_nothing_else(cast: Cast, bad, good) -> None:
    learn(cast, "/bad.md", [bad])
    learn(cast, "/both.md", [good, bad])
    learn(cast, "/good.md", [good])
    build.memory(cast.store, "/by-hand.md")
    found = of_session(cast, bad)
    assert paths_of(found.memories) == ["/bad.md", "/both.md"]
    assert [one.versions for one in found.memories] == [(1,), (1,)]
    assert (found.proposals, found.touching, found.readers, found.flagged) == ((), (), (), ())
    assert list(found.sessions) == [bad]


def test_the_shared_memory_is_looked_through_as_well(cast: Cast, bad) -> None:
    learn(cast, "/shared.md", [bad], store=cast.shared_store)
    assert paths_of(of_session(cast, bad).memories) == ["/shared.md"]


def test_a_quote_against_a_change_carries_nothing_into_it(cast: Cast, bad, good) -> None:
    against = replace(quote(bad), relation=Relation.CONTRADICTS)
    filed = build.filed(cast.store, path="/a.md", evidence=[quote(good), against])
    assert of_session(cast, bad).proposals == ()
    assert of_session(cast, good).proposals == (filed,)


def test_what_is_written_over_it_rests_on_it_too(cast: Cast, bad, good) -> None:
    learn(cast, "/a.md", [bad])
    learn(cast, "/a.md", [good])
    (found,) = of_session(cast, bad).memories
    assert (found.versions, found.is_earlier) == ((1, 2), False)


def test_an_earlier_text_that_was_rolled_back_still_counts(cast: Cast, bad, good) -> None:
    learn(cast, "/a.md", [good])
    learn(cast, "/a.md", [bad])
    memory = memory_at("/a.md")
    containment.restore_version(
        memory, memory.versions.get(number=1), by=member(cast, "lead"), reason="Odd."
    )
    (found,) = of_session(cast, bad).memories
    assert (found.versions, found.is_earlier) == ((2,), True)


def test_a_merge_carries_the_words_on(cast: Cast, bad, good) -> None:
    learn(cast, "/a.md", [good])
    learn(cast, "/b.md", [bad])
    learn(cast, "/c.md", [good])
    learn(cast, "/a.md", [], op=Op.MERGE, merged=("/b.md",), content="Both.\n")
    learn(cast, "/c.md", [], op=Op.MERGE, merged=("/a.md",), content="All.\n")
    found = {one.memory.path: one for one in of_session(cast, bad).memories}
    assert sorted(found) == ["/a.md", "/b.md", "/c.md"]
    assert found["/a.md"].versions == (2,)
    assert found["/b.md"].is_earlier
    assert found["/c.md"].versions == (2,)


def test_a_merge_of_others_into_the_same_path_is_no_descent(cast: Cast, bad, good) -> None:
    learn(cast, "/bad.md", [bad])
    learn(cast, "/a.md", [good])
    learn(cast, "/b.md", [good])
    learn(cast, "/a.md", [], op=Op.MERGE, merged=("/b.md",), content="Both.\n")
    assert paths_of(of_session(cast, bad).memories) == ["/bad.md"]


def test_what_waits_and_quotes_it_is_listed(cast: Cast, bad, good) -> None:
    states = ["pending", "awaiting_second", "conflicted", "changes_requested", "scheduled"]
    filed = [
        build.filed(cast.store, path=f"/{state}.md", evidence=[quote(bad)]) for state in states
    ]
    for row, state in zip(filed, states, strict=True):
        Proposal.objects.filter(pk=row.pk).update(state=state, verdict="approve")
    for state in ("rejected", "withdrawn", "superseded"):
        settled = build.filed(cast.store, path=f"/{state}.md", evidence=[quote(bad)])
        Proposal.objects.filter(pk=settled.pk).update(state=state)
    turned_down = build.filed(cast.store, path="/no.md", evidence=[quote(bad)])
    Proposal.objects.filter(pk=turned_down.pk).update(state="scheduled", verdict="reject")
    build.filed(cast.store, path="/good.md", evidence=[quote(good)])
    assert list(of_session(cast, bad).proposals) == filed


def test_what_else_would_change_those_memories_is_listed_apart(cast: Cast, bad, good) -> None:
    for path in ("/a.md", "/b.md", "/c.md"):
        learn(cast, path, [bad if path != "/c.md" else good])
    update = build.filed(
        cast.store, op=Op.UPDATE, path="/a.md", base_version=1, evidence=[quote(good)]
    )
    merge = build.filed(
        cast.store, op=Op.MERGE, path="/c.md", base_version=1, merged=("/b.md",), content="All.\n"
    )
    build.filed(cast.store, op=Op.RETIRE, path="/b.md", content="", base_version=1)
    build.filed(cast.store, op=Op.UPDATE, path="/c.md", base_version=1)
    build.filed(cast.shared_store, path="/a.md")
    found = of_session(cast, bad)
    assert list(found.touching) == [update, merge]
    assert found.proposals == ()


def test_sessions_that_were_given_it_are_readers(cast: Cast, bad, good) -> None:
    learn(cast, "/good.md", [good])
    read_memory(cast.agent, "before", BUDGET)
    learn(cast, "/bad.md", [bad])
    read_memory(cast.agent, "run-1", BUDGET)
    read_memory(cast.agent, "run-2", BUDGET)
    readers = of_session(cast, bad).readers
    assert sorted(one.external_id for one in readers) == ["run-1", "run-2"]
    assert {one.memories for one in readers} == {(memory_at("/bad.md").number,)}


def test_what_was_over_the_budget_was_not_given(cast: Cast, bad) -> None:
    learn(cast, "/bad.md", [bad], content="not-so-good-as-it-looks " * 80)
    read_memory(cast.agent, "run-1", 20)
    assert of_session(cast, bad).readers == ()


def test_a_version_from_before_is_not_what_rests_on_it(cast: Cast, bad, good) -> None:
    learn(cast, "/a.md", [good])
    read_memory(cast.agent, "early", BUDGET)
    learn(cast, "/a.md", [bad])
    read_memory(cast.agent, "early", BUDGET)
    read_memory(cast.agent, "late", BUDGET)
    assert [one.external_id for one in of_session(cast, bad).readers] == ["late"]


def test_what_was_learned_from_readers_is_flagged_and_no_further(cast: Cast, bad, good) -> None:
    learn(cast, "/bad.md", [bad])
    for name in ("reader", "another"):
        read_memory(cast.agent, name, BUDGET)
    reader, another = (says(cast.agent, external_id=name) for name in ("reader", "another"))
    learn(cast, "/flagged.md", [reader])
    learn(cast, "/too.md", [another, good])
    learn(cast, "/bad-too.md", [reader, bad])
    learn(cast, "/good.md", [good])
    found = of_session(cast, bad)
    assert paths_of(found.memories) == ["/bad-too.md", "/bad.md"]
    assert paths_of(found.flagged) == ["/flagged.md", "/too.md"]


def test_what_was_learned_from_who_read_only_what_is_flagged_is_left_alone(cast, bad) -> None:
    other = build.agent(cast.workspace, "other-one")
    learn(cast, "/bad.md", [bad])
    read_memory(cast.agent, "reader", BUDGET)
    learn(cast, "/flagged.md", [says(cast.agent, external_id="reader")], store=cast.shared_store)
    read_memory(other, "second", BUDGET)
    learn(cast, "/third.md", [says(other, external_id="second")], store=cast.shared_store)
    found = of_session(cast, bad)
    assert paths_of(found.flagged) == ["/flagged.md"]
    assert [one.external_id for one in found.readers] == ["reader"]


def test_who_runs_with_it_is_who_was_given_it_last_and_told_no_end(cast: Cast, bad, clock) -> None:
    learn(cast, "/bad.md", [bad])
    for name in ("runs", "ended", "judged", "old"):
        read_memory(cast.agent, name, BUDGET)
        clock.advance(days=8 if name == "old" else 0)
    clock.advance(days=-8)
    says(cast.agent, external_id="ended", started_at=clock.at, ended_at=clock.at)
    says(cast.agent, external_id="judged", verdict=Verdict.SUCCESS)
    says(cast.agent, external_id="runs", started_at=clock.at)
    found = of_session(cast, bad)
    assert {one.external_id for one in found.having} == {"runs", "old"}
    clock.advance(days=8)
    assert {one.external_id for one in of_session(cast, bad).having} == set()


def test_an_agent_goes_with_all_its_sessions(cast: Cast, bad, good) -> None:
    other = build.agent(cast.workspace, "other-one")
    learn(cast, "/a.md", [bad])
    learn(cast, "/b.md", [good], store=cast.shared_store)
    learn(cast, "/c.md", [says(other)], store=cast.shared_store)
    found = trace(aim(cast, "agent", "refund-desk"))
    assert paths_of(found.memories) == ["/a.md", "/b.md"]
    assert set(found.sessions) == {bad, good}


def test_a_memory_goes_with_all_its_texts_and_what_was_merged_from_it(cast: Cast, good) -> None:
    learn(cast, "/a.md", [good])
    learn(cast, "/b.md", [good])
    learn(cast, "/a.md", [good])
    learn(cast, "/b.md", [], op=Op.MERGE, merged=("/a.md",), content="Both.\n")
    learn(cast, "/c.md", [good])
    found = trace(aim(cast, "memory", memory_at("/a.md")))
    assert [(one.memory.path, one.versions) for one in found.memories] == [
        ("/a.md", (1, 2)),
        ("/b.md", (2,)),
    ]
    assert list(found.sessions) == []


def test_a_person_goes_with_who_they_served_said_filed_and_edited(cast: Cast, good) -> None:
    from_them = says(cast.agent, principal="Rosa@Northwind.example")
    spoke = build.session(
        cast.agent,
        (build.says(WORDS), replace(build.says("Approved."), person="ROSA")),
    )
    learn(cast, "/served.md", [from_them])
    learn(cast, "/spoke.md", [spoke])
    learn(cast, "/good.md", [good])
    filed = by_hand(cast, "/filed.md", "Filed by Rosa.\n")
    found = trace(aim(cast, "person", cast.reviewer.email))
    assert paths_of(found.memories) == ["/served.md", "/spoke.md"]
    assert set(found.sessions) == {from_them, spoke}
    assert found.proposals == (filed,)


def test_what_a_person_edited_rests_on_them(cast: Cast, good) -> None:
    filed = build.filed(cast.store, path="/edited.md", evidence=[quote(good)])
    revisions.submit_edit(
        filed,
        content="Edited by Rosa.\n",
        reason="Plainer.",
        by=member(cast, "reviewer"),
        expected_revision=1,
    )
    assert trace(aim(cast, "person", cast.reviewer.public_id)).proposals == (filed,)
    assert trace(aim(cast, "person", cast.lead.public_id)).proposals == ()


def test_somebody_only_sessions_name_is_found_by_that_name(cast: Cast, good) -> None:
    served = says(cast.agent, principal="Müller & Co")
    shouted = says(cast.agent, principal="MÜLLER & CO")
    learn(cast, "/a.md", [served])
    row = aim(cast, "person", "Müller & Co")
    assert set(trace(row).sessions) == {served, shouted}
    assert paths_of(trace(row).memories) == ["/a.md"]


def test_another_workspace_is_never_looked_at(cast: Cast, bad) -> None:
    theirs = says(cast.other_agent)
    Session.objects.filter(pk=theirs.pk).update(number=bad.number)
    learn(cast, "/a.md", [bad])
    found = of_session(cast, bad)
    assert list(found.sessions) == [bad]
    assert {one.memory.workspace_id for one in found.memories} == {cast.workspace.pk}


def test_more_memories_ask_no_more_queries(cast: Cast, bad) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            of_session(cast, bad)
        return len(asked)

    learn(cast, "/0.md", [bad])
    read_memory(cast.agent, "run-0", BUDGET)
    few = count()
    for n in range(1, 6):
        learn(cast, f"/{n}.md", [bad])
        read_memory(cast.agent, f"run-{n}", BUDGET)
    assert count() == few
