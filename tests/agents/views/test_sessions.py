from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Session
from agents.reads import read_memory
from agents.transcripts.base import ParsedCheck, ParsedSubSession, Verdict
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from tests import build

pytestmark = pytest.mark.django_db
LIST = "/w/northwind/sessions/"
READING, LOGGING = 13, 7
"""Queries of a page, and of its entry in the log, which is sealed at once on SQLite."""


def read(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def place(session):
    return f"{LIST}{session}/"


def openings():
    return [read_body(entry.body) for entry in Entry.objects.filter(action=Action.SESSION_OPENED)]


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def talk(count):
    return [build.says(f"Line {n} is here.") for n in range(count)]


class TestList:
    @pytest.mark.parametrize("who", ["reviewer", "lead", "auditor"])
    def test_shows_the_newest_session_first(self, cast, client_of, who):
        first, second = build.session(cast.agent), build.session(cast.agent)
        page = read(client_of(getattr(cast, who)), LIST)
        assert page.index(place(second)) < page.index(place(first))

    def test_an_admin_sees_no_content(self, cast, client_of):
        assert client_of(cast.admin).get(LIST).status_code == 403

    def test_shows_only_sessions_of_the_agent_asked_for(self, cast, client_of):
        mine = build.session(cast.agent)
        other = build.session(build.agent(cast.workspace, "claims-desk"))
        page = read(client_of(cast.lead), f"{LIST}?agent=claims-desk")
        assert place(other) in page
        assert place(mine) not in page
        assert '<option value="claims-desk" selected>' in page

    def test_shows_only_sessions_of_the_outcome_asked_for(self, cast, client_of):
        failed = build.session(cast.agent, verdict=Verdict.FAILURE)
        done = build.session(cast.agent, verdict=Verdict.SUCCESS)
        page = read(client_of(cast.lead), f"{LIST}?verdict=failure")
        assert place(failed) in page
        assert place(done) not in page

    def test_a_filter_that_finds_nothing_says_so_and_leads_back(self, cast, client_of):
        build.session(cast.agent)
        page = read(client_of(cast.lead), f"{LIST}?agent=nobody")
        assert "No session matches" in page
        assert f'<a class="btn" href="{LIST}">Show all sessions</a>' in page

    def test_an_empty_list_says_how_sessions_come_in(self, cast, client_of):
        page = read(client_of(cast.lead), LIST)
        assert "No sessions yet" in page
        assert "/api/v1/sessions" in page

    def test_shows_no_session_of_another_workspace(self, cast, client_of):
        build.session(cast.other_agent, external_id="of-elsewhere")
        assert "of-elsewhere" not in read(client_of(cast.lead), LIST)

    def test_says_how_many_tool_errors_the_newest_revision_has(self, cast, client_of):
        build.session(cast.agent, external_id="one")
        build.session(
            cast.agent, [*build.EVENTS, build.answers("Error", error=True)], external_id="one"
        )
        page = read(client_of(cast.lead), LIST)
        assert '<td role="cell" data-l="Turns" class="num">5</td>' in page
        assert '<td role="cell" data-l="Tool errors" class="num">2</td>' in page

    def test_pages_hold_each_session_once_and_keep_the_filter(self, cast, client_of):
        for _ in range(51):
            build.session(cast.agent, talk(1))
        client = client_of(cast.lead)
        first = client.get(f"{LIST}?agent=refund-desk")
        older = first.context["page"].older
        assert "agent=refund-desk&amp;at=" in first.content.decode()
        second = client.get(LIST, {"agent": "refund-desk", "at": older})
        shown = [*first.context["page"].items, *second.context["page"].items]
        assert [one.number for one in shown] == sorted(
            Session.objects.filter(agent=cast.agent).values_list("number", flat=True), reverse=True
        )

    def test_asks_no_more_for_more_sessions(self, cast, client_of):
        client = client_of(cast.lead)
        for _ in range(10):
            build.session(cast.agent)
        few = queries_of(client, LIST)
        for _ in range(10):
            build.session(cast.agent)
        assert queries_of(client, LIST) == few <= 15


class TestTranscript:
    def test_shows_every_event_at_its_anchor(self, cast, client_of):
        page = read(client_of(cast.reviewer), place(build.session(cast.agent)))
        for index in range(4):
            assert f'id="t{index}"' in page
        assert "Please cancel order 1042." in page
        assert "<code>cancel_order</code>" in page
        assert page.count("Error</span>") == 1

    def test_what_the_transcript_says_is_only_text(self, cast, client_of):
        hostile = build.says("<script>alert(1)</script> \u202e<b hx-get='/x'>")
        page = read(client_of(cast.lead), place(build.session(cast.agent, [hostile])))
        assert "<script>alert" not in page
        assert "<b hx-get" not in page
        assert '<span class="hid"' in page

    def test_keeps_line_ends(self, cast, client_of):
        session = build.session(cast.agent, [build.says("one\n  two\n\nthree")])
        page = client_of(cast.lead).get(place(session)).content.decode()
        assert '<div class="body" dir="auto">one\n  two\n\nthree</div>' in page

    @pytest.mark.parametrize(("length", "is_folded"), [(4_000, False), (4_001, True)])
    def test_a_long_text_is_folded_and_whole(self, cast, client_of, length, is_folded):
        text = "".join(chr(97 + n % 26) for n in range(length))
        session = build.session(cast.agent, [build.says(text)])
        client = client_of(cast.lead)
        page = client.get(place(session)).content.decode()
        (turn,) = client.get(place(session)).context["turns"]
        assert ("more characters" in page) == is_folded
        assert turn.text + turn.rest == text

    def test_names_the_part_a_sub_agent_played(self, cast, client_of):
        parts = (ParsedSubSession(key="s1", label="Fare checker"),)
        event = replace(build.says("Checked."), sub_session="s1")
        page = read(
            client_of(cast.lead), place(build.session(cast.agent, [event], sub_sessions=parts))
        )
        assert "Fare checker" in page

    def test_the_system_prompt_is_folded(self, cast, client_of):
        session = build.session(cast.agent, system_prompt="You are the refund desk.")
        page = read(client_of(cast.lead), place(session))
        assert "<details" in page[: page.index("You are the refund desk.")]

    def test_shows_the_checks_of_the_outcome(self, cast, client_of):
        session = build.session(
            cast.agent,
            verdict=Verdict.FAILURE,
            checks=[ParsedCheck("refund paid", False, "0 of 42 EUR"), ParsedCheck("polite", True)],
        )
        page = read(client_of(cast.lead), place(session))
        assert '<span class="vh">Failed: </span></span><span class="g">refund paid' in page
        assert '<span class="vh">Passed: </span></span><span class="g">polite' in page
        assert "0 of 42 EUR" in page

    def test_says_what_memory_the_session_was_given(self, cast, client_of):
        given = build.memory(cast.store)
        left_out = build.memory(
            cast.store, "/tool_limit/long-0000000a.md", "A long rule about orders. " * 300
        )
        session = build.session(cast.agent)
        read_memory(cast.agent, session.external_id, 200)
        page = read(client_of(cast.lead), place(session)).partition("Memory it was given")[2]
        assert "1 given" in page
        assert "1 left out" in page
        inside, outside = page.split("1 left out")
        assert f"/memory/{given}/" in inside
        assert f"/memory/{left_out}/" in outside

    def test_says_when_no_memory_was_read(self, cast, client_of):
        page = read(client_of(cast.lead), place(build.session(cast.agent)))
        assert "This session read no memory from Daybreak." in page

    def test_counts_secrets_removed_and_characters_replaced(self, cast, client_of):
        secret = "AKIA" + "IOSFODNN7EXAMPLE"
        session = build.session(cast.agent, [build.says(f"Key {secret} and \x00 here")])
        page = read(client_of(cast.lead), place(session))
        assert secret not in page
        assert "<dd>1 removed</dd>" in page
        assert "<dd>1 replaced</dd>" in page

    def test_an_older_revision_can_be_read_and_says_that_it_is_older(self, cast, client_of):
        build.session(cast.agent, [build.says("First words")], external_id="one")
        session = build.session(cast.agent, [build.says("Second words")], external_id="one")
        client = client_of(cast.lead)
        assert "Second words" in read(client, place(session))
        older = read(client, f"{place(session)}?revision=1")
        assert "First words" in older
        assert "Revision 1 of 2." in older
        assert client.get(f"{place(session)}?revision=3").status_code == 404

    def test_a_long_session_is_shown_by_200_events(self, cast, client_of):
        session = build.session(cast.agent, talk(410))
        client = client_of(cast.lead)
        first = client.get(place(session))
        assert [turn.event.index for turn in first.context["turns"]] == [*range(200)]
        assert "turn=200" in first.content.decode()
        last = client.get(f"{place(session)}?turn=400")
        assert [turn.event.index for turn in last.context["turns"]] == [*range(400, 410)]
        assert last.context["later"] is None

    @pytest.mark.parametrize(
        ("turn", "start"),
        [
            ("", 0),
            ("199", 0),
            ("200", 200),
            ("205", 200),
            ("206", 0),
            ("-1", 0),
            ("x", 0),
            ("²", 0),
        ],
    )
    def test_a_turn_leads_to_the_page_that_holds_it(self, cast, client_of, turn, start):
        session = build.session(cast.agent, talk(206))
        answer = client_of(cast.lead).get(place(session), {"turn": turn})
        assert answer.context["shown"].start == start

    def test_a_session_without_turns_says_so(self, cast, client_of):
        assert "No turns" in read(client_of(cast.lead), place(build.session(cast.agent, [])))

    def test_a_session_of_another_workspace_is_not_there(self, cast, client_of):
        for _ in range(3):
            other = build.session(cast.other_agent)
        assert client_of(cast.lead).get(place(other)).status_code == 404
        assert openings() == []

    def test_asks_no_more_for_more_events_and_reads(self, cast, client_of):
        client = client_of(cast.lead)

        def session_of(events):
            session = build.session(cast.agent, talk(events))
            for budget in range(events):
                read_memory(cast.agent, session.external_id, 1_000 + budget)
            return session

        few = queries_of(client, place(session_of(10)))
        assert queries_of(client, place(session_of(20))) == few <= READING + LOGGING


class TestOpening:
    def test_the_log_keeps_who_was_shown_which_events(self, cast, client_of):
        session = build.session(cast.agent, talk(205))
        client_of(cast.auditor).get(f"{place(session)}?turn=200")
        (body,) = openings()
        assert body["object"] == str(session)
        assert body["revision"] == 1
        assert body["actor"]["id"] == cast.auditor.public_id
        assert body["after"] == {"first": 200, "events": 5}

    def test_every_opening_is_an_entry(self, cast, client_of):
        session = build.session(cast.agent)
        client = client_of(cast.lead)
        client.get(place(session))
        client.get(place(session))
        assert len(openings()) == 2

    @pytest.mark.parametrize("header", ["Sec-Purpose", "Purpose", "X-Moz"])
    def test_fetching_ahead_shows_nothing_and_is_no_opening(self, cast, client_of, header):
        session = build.session(cast.agent)
        answer = client_of(cast.lead).get(place(session), headers={header: "prefetch;prerender"})
        assert (answer.status_code, answer.content) == (503, b"")
        assert openings() == []

    def test_asking_for_the_head_is_no_opening(self, cast, client_of):
        assert client_of(cast.lead).head(place(build.session(cast.agent))).status_code == 405
        assert openings() == []

    def test_the_list_opens_nothing(self, cast, client_of):
        build.session(cast.agent)
        client_of(cast.lead).get(LIST)
        assert openings() == []

    def test_an_unknown_revision_opens_nothing(self, cast, client_of):
        client_of(cast.lead).get(f"{place(build.session(cast.agent))}?revision=9")
        assert openings() == []


def test_times_of_events_are_shown(cast, client_of):
    event = replace(build.says("Hello"), at=datetime(2026, 11, 20, 6, 11, 58, tzinfo=UTC))
    assert "06:11:58" in read(client_of(cast.lead), place(build.session(cast.agent, [event])))


@pytest.mark.parametrize("query", ["agent=%00", "verdict=a%00b"])
def test_a_nul_in_the_address_finds_nothing(client_of, cast, query: str) -> None:
    answer = client_of(cast.lead).get(f"/w/northwind/sessions/?{query}")
    assert answer.status_code == 200


MAIL = "ada.lovelace@example.com"


class TestMasks:
    @pytest.fixture
    def told(self, cast):
        """A session whose second turn, failed check and system prompt hold an address."""
        return build.session(
            cast.agent,
            [build.says("Hello."), build.says(f"I am {MAIL}.")],
            checks=[ParsedCheck(name="mail", passed=False, message=f"no mail to {MAIL}")],
        )

    def reveals(self):
        return Entry.objects.filter(action=Action.SESSION_REVEALED)

    @pytest.mark.parametrize("who", ["reviewer", "lead", "auditor"])
    def test_personal_data_is_masked_for_everybody(self, cast, client_of, told, who):
        page = read(client_of(getattr(cast, who)), place(told))
        assert MAIL not in page
        assert page.count('<span class="gone">e-mail masked</span>') == 2
        assert ("Show without masks" in page) == (who == "auditor")
        assert page.count("/reveal/") == (1 if who == "auditor" else 0)

    def test_an_auditor_is_shown_one_turn_once_on_the_record(self, cast, client_of, told):
        client = client_of(cast.auditor)
        answer = client.post(f"{place(told)}1/1/reveal/")
        assert answer.status_code == 200
        assert f"I am {MAIL}." in answer.content.decode()
        assert answer.headers["Cache-Control"] == "no-store"
        assert read_body(self.reveals().get().body)["after"] == {"event": 1}
        assert MAIL not in read(client, place(told))

    @pytest.mark.parametrize("who", ["reviewer", "lead", "admin"])
    def test_nobody_else_is_shown_it(self, cast, client_of, told, who):
        answer = client_of(getattr(cast, who)).post(f"{place(told)}1/1/reveal/")
        assert answer.status_code == 403
        assert MAIL not in answer.content.decode()
        assert not self.reveals().exists()

    @pytest.mark.parametrize("turn", ["1/9", "2/1", "0/0"])
    def test_a_turn_that_is_not_there_is_not_found(self, cast, client_of, told, turn):
        answer = client_of(cast.auditor).post(f"{place(told)}{turn}/reveal/")
        assert answer.status_code == 404
        assert not self.reveals().exists()

    def test_a_link_alone_reveals_nothing(self, cast, client_of, told):
        assert client_of(cast.auditor).get(f"{place(told)}1/1/reveal/").status_code == 405

    def test_a_kind_the_workspace_does_not_cover_is_shown(self, cast, client_of, told):
        cast.workspace.masked = []
        cast.workspace.save(update_fields=["masked"])
        assert page_has_mail(read(client_of(cast.reviewer), place(told)))


def page_has_mail(page):
    return page.count(MAIL) == 2
