"""The workspace on one page: every number with what it rests on, or that there is too little."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import clock as product_clock
from agents.transcripts.base import Verdict
from dreaming.views.insights import FATES, fate_lines
from reviews.models import STATES
from tests import build

pytestmark = pytest.mark.django_db
PAGE = "/w/northwind/insights/"
MOST_QUERIES = 12
"""Sign-in, membership, groups and the tabs' own count among them."""


def text_of(answer) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def fill(cast, count: int) -> None:
    now = product_clock.now()
    for at in range(count):
        build.proposal(
            cast.store,
            "applied",
            risk=("low", "medium", "high")[at % 3],
            verdict="approve",
            decided_at=now,
            filed_at=now - timedelta(hours=at + 1),
        )
        verdict = Verdict.FAILURE if at % 4 == 0 else Verdict.SUCCESS
        build.session(cast.agent, verdict=verdict)
        build.dream(cast.store)


def edit(cast) -> None:
    """Two approved proposals whose text somebody changed."""
    for _ in range(2):
        made = build.proposal(
            cast.store, "applied", verdict="approve", revision=2, decided_at=product_clock.now()
        )
        made.revisions.create(number=2, content="Other words.\n", sha256="0" * 64)


def test_an_empty_workspace_tells_nothing_and_says_so(cast, client_of):
    said = text_of(client_of(cast.lead).get(PAGE))
    for words in (
        "No session with a known end",
        "Nothing was approved",
        "Not enough edits to tell",
        "Nothing was applied 30 days ago or earlier",
        "Nothing was proposed in this time.",
        "Not enough to tell",
        "No dream started in this time.",
    ):
        assert words in said
    assert "%" not in said.replace("of 95%", "")


def test_each_share_stands_with_its_count_and_interval(cast, client_of):
    fill(cast, 20)
    said = text_of(client_of(cast.lead).get(PAGE))
    assert "25% 11% to 47% 5 of 20 with a known end" in said
    assert "0 of 20 approved" in said
    assert "New memory 20 0 20 0 0 0" in said
    assert "20 sessions with a known end in 12 periods, 5 failed" in said
    assert "Dreams 20 20 proposals, 20 applied" in said
    assert "Completed 20" in said


def test_ages_at_decision_are_told_by_risk_with_an_interval(cast, client_of):
    fill(cast, 21)
    said = text_of(client_of(cast.lead).get(PAGE))
    assert re.search(r"High 7 12 h", said)
    assert re.search(r"Low 7 10 h", said)


@pytest.mark.parametrize("who", ["reviewer", "lead", "auditor"])
def test_who_sees_memory_finds_the_tab(cast, client_of, who):
    html = client_of(getattr(cast, who)).get(PAGE).content.decode()
    assert f'<a href="{PAGE}" aria-current="page">Insights</a>' in html


def test_nobody_is_named(cast, client_of):
    fill(cast, 8)
    answer = client_of(cast.auditor).get(PAGE)
    main = answer.content.decode().split("<main", 1)[1]
    for person in (cast.reviewer, cast.second_reviewer, cast.lead):
        assert person.name not in main


def test_the_page_asks_few_questions_and_no_more_with_more_rows(cast, client_of):
    client = client_of(cast.lead)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        return len(queries)

    fill(cast, 3)
    edit(cast)
    first = asked()
    fill(cast, 15)
    edit(cast)
    assert asked() == first <= MOST_QUERIES


def test_every_state_is_in_one_column():
    columns = [state for states in FATES.values() for state in states]
    assert sorted(columns) == sorted(STATES)


def test_a_kind_nobody_proposed_has_no_line():
    (line,) = fate_lines({"retire": Counter(pending=2, conflicted=1, withdrawn=4)})
    assert (line.kind, line.total, line.open, line.gone) == ("Retired memory", 7, 3, 4)


def test_what_waits_stands_with_its_age(cast, client_of):
    now = product_clock.now()
    for days in (0, 3, 3, 40):
        build.proposal(cast.store, "pending", filed_at=now - timedelta(days=days))
    said = text_of(client_of(cast.lead).get(PAGE))
    assert "4 open proposals Less than a day 1 A day to a week 2 A week to 30 days 0" in said
    assert "More than 30 days 1" in said
