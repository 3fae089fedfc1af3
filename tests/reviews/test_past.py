"""Past sessions that would have met a proposed memory, and how they ended."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.transcripts.base import Role, Verdict
from reviews import past
from reviews.past import Ends, past_of
from tests import build

pytestmark = pytest.mark.django_db
TEXT = "Look the order up before you call cancel_order.\n"
TALK = (build.says("Where are you?"), build.says("In Leeds.", Role.ASSISTANT))


def test_sessions_that_called_the_tool_it_names_met_it(cast) -> None:
    failed = build.session(cast.agent, verdict=Verdict.FAILURE)
    build.session(cast.agent, verdict=Verdict.SUCCESS)
    build.session(cast.agent, TALK, verdict=Verdict.SUCCESS)
    build.session(cast.agent, TALK)

    found = past_of(build.filed(cast.store, content=TEXT))

    assert found.tools == ("cancel_order",)
    assert (found.looked_at, found.met, found.others) == (4, Ends(2, 1, 1), Ends(2, 0, 1))
    assert found.others.unknown == 1
    assert [one.number for one in found.listed] == [failed.number + 1, failed.number]


def test_without_a_tool_the_words_a_session_is_opened_with_tell(cast) -> None:
    asked = build.session(cast.agent, (build.says("My parcel came with broken glass."),))
    for words in ("Where is my invoice?", "Change my address.", "Cancel everything."):
        build.session(cast.agent, (build.says(words),))

    found = past_of(build.filed(cast.store, content="A parcel with broken glass is replaced.\n"))

    assert (found.tools, [one.number for one in found.listed]) == ((), [asked.number])
    assert set(found.words) >= {"parcel", "broken", "glass"}


def test_a_session_that_is_cited_is_marked(cast) -> None:
    cited = build.session(cast.agent)
    build.session(cast.agent)
    quote = build.quote(cited, 2, "already shipped")

    found = past_of(build.filed(cast.store, content=TEXT, evidence=[quote]))

    assert [one.is_cited for one in found.listed] == [False, True]


def test_another_agents_sessions_meet_only_what_all_share(cast) -> None:
    build.session(build.agent(cast.workspace, "elsewhere"))

    assert past_of(build.filed(cast.store, content=TEXT)).looked_at == 0
    assert past_of(build.filed(cast.shared_store, content=TEXT)).met.all == 1


def test_what_is_quarantined_or_was_not_the_agents_fault_is_left_out(cast, clock) -> None:
    away = build.session(cast.agent)
    away.quarantined_at = clock()
    away.save()
    build.session(cast.agent, not_agent_fault="The network was down.")

    assert past_of(build.filed(cast.store, content=TEXT)).looked_at == 0


def test_a_text_by_which_no_session_can_be_told_says_so(cast) -> None:
    build.session(cast.agent)

    found = past_of(build.filed(cast.store, path="/x.md", content="Zq.\n", title="Zq"))

    assert not found.is_told
    assert found.met.all == 0


def test_only_the_newest_sessions_are_looked_at_and_fewer_listed(cast, monkeypatch) -> None:
    monkeypatch.setattr(past, "LOOKED_AT", 3)
    monkeypatch.setattr(past, "LISTED", 2)
    for _ in range(5):
        build.session(cast.agent)

    found = past_of(build.filed(cast.store, content=TEXT))

    assert (found.looked_at, found.met.all, len(found.listed)) == (3, 3, 2)


@pytest.mark.parametrize("count", [1, 12])
def test_it_costs_as_many_queries_however_many_sessions_there_are(cast, count) -> None:
    for _ in range(count):
        build.session(cast.agent)
    proposal = build.filed(cast.store, content=TEXT)

    with CaptureQueriesContext(connection) as asked:
        past_of(proposal)

    assert len(asked) == 5
