"""What a lead reads of sessions that read a memory: both sides, how sure, and what it is not."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.readership import Ends
from agents.reads import read_memory
from agents.transcripts.base import Verdict
from dreaming.differences import compare_shares
from dreaming.views.outcomes import TOO_FEW, row_of, say_difference, say_more
from tests import build

pytestmark = pytest.mark.django_db
PAGE = "/w/northwind/agents/refund-desk/outcomes/"


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def sessions(cast, count: int, verdict: Verdict, *, reads: bool) -> None:
    for at in range(count):
        name = f"{verdict}-{reads}-{at}"
        if reads:
            read_memory(cast.agent, name, 4_000)
        build.session(cast.agent, external_id=name, verdict=verdict)


def test_both_sides_stand_with_counts_intervals_and_the_caution(cast, client_of):
    memory = build.memory(cast.store)
    sessions(cast, 6, Verdict.SUCCESS, reads=True)
    sessions(cast, 6, Verdict.FAILURE, reads=False)
    said = text_of(client_of(cast.lead).get(PAGE))
    assert "This is no experiment." in said
    assert str(memory) in said
    assert "Those that read it succeeded more often: +100 points, +45 to +100." in said
    assert "6 of 6" in said
    assert "0 of 6" in said
    assert "61% to 100%" in said


def test_with_few_sessions_no_rate_is_told(cast, client_of):
    build.memory(cast.store)
    sessions(cast, 2, Verdict.SUCCESS, reads=True)
    said = text_of(client_of(cast.lead).get(PAGE))
    assert TOO_FEW in said
    assert "2 of 2" in said
    assert "100% to" not in said
    assert "At least 5 sessions on either side are needed to begin." in said


def test_a_store_without_memory_says_so(cast, client_of):
    assert "Nothing is remembered yet" in text_of(client_of(cast.lead).get(PAGE))


def test_the_shared_memory_has_its_page(cast, client_of):
    build.memory(cast.shared_store)
    answer = client_of(cast.auditor).get("/w/northwind/agents/shared/outcomes/")
    assert TOO_FEW in text_of(answer)


def test_the_agents_page_leads_there(cast, client_of):
    html = client_of(cast.lead).get("/w/northwind/agents/refund-desk/").content.decode()
    assert f'href="{PAGE}"' in html


def test_the_page_does_not_ask_more_with_more_memories(cast, client_of):
    client = client_of(cast.lead)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        return len(queries)

    build.memory(cast.store)
    sessions(cast, 1, Verdict.SUCCESS, reads=True)
    first = asked()
    for at in range(10):
        build.memory(cast.store, f"/tool_limit/more-{at:08x}.md", f"Rule {at}.\n")
        sessions(cast, at + 2, Verdict.SUCCESS, reads=True)
    assert asked() == first


def test_hostile_titles_are_text(cast, client_of):
    build.memory(cast.store, title="<script>alert(1)</script>\u202e")
    html = client_of(cast.lead).get(PAGE).content.decode()
    assert "<script>alert" not in html


SAID = {
    "no side": ((0, 0, 0, 0), TOO_FEW, "No session with a known end."),
    "one side": ((9, 9, 0, 0), TOO_FEW, "At least 5 sessions on either side are needed to begin."),
    "may be nothing": (
        (10, 6, 10, 5),
        "No difference can be told: anything from \u221229 to +45 points fits what was seen.",
        "About 373 that read it and 373 that did not more are needed to tell 10 points.",
    ),
    "worse": (
        (400, 100, 400, 300),
        "Those that read it succeeded less often: \u221250 points, \u221256 to \u221244.",
        "",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_can_be_told_is_one_sentence(case):
    (read, good, other, other_good), says, more = SAID[case]
    found = compare_shares(good, read, other_good, other)
    assert say_difference(found) == says
    told = say_more(Ends(read, good, other, other_good), found)
    assert re.sub(r"\d{3}", "N", told) == re.sub(r"\d{3}", "N", more)


def test_a_row_with_too_few_has_no_picture():
    version = build.memory(build.shared_store(build.workspace("somewhere"))).head
    assert row_of(version, Ends(2, 1, 2, 1)).pair is None
    assert row_of(version, Ends(9, 5, 9, 1)).pair is not None
