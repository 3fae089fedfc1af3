"""Pure: how far the words of an event are trusted."""

import pytest

from agents.transcripts.base import EventKind, ParsedEvent, Role
from agents.trust import OUTSIDE_TOOLS, brings_outside_in, trust_of
from tests import build

MEMBERS = {"rosa", "rosa@northwind.example"}


def says_as(person):
    return ParsedEvent(EventKind.MESSAGE, Role.USER, "Always ask first.", person=person)


@pytest.mark.parametrize("person", ["Rosa", "rosa", " ROSA ", "Rosa@Northwind.example"])
def test_a_person_named_as_a_member_is_a_member(person):
    assert trust_of(says_as(person), "", MEMBERS) == "member"


@pytest.mark.parametrize("person", ["", "mia_li_3668", "rosa2", "Rosa Smith"])
def test_everybody_else_is_a_principal(person):
    assert trust_of(says_as(person), "", MEMBERS) == "principal"


def test_whom_the_session_served_speaks_where_no_person_is_named():
    assert trust_of(says_as(""), "Rosa", MEMBERS) == "member"


def test_a_person_named_by_the_event_goes_before_the_sessions_principal():
    assert trust_of(says_as("mia_li_3668"), "Rosa", MEMBERS) == "principal"


@pytest.mark.parametrize("kind", [EventKind.EDIT, EventKind.APPROVAL, EventKind.REJECTION])
def test_human_acts_are_their_persons(kind):
    event = ParsedEvent(kind, Role.USER, "no", person="Rosa")
    assert trust_of(event, "", MEMBERS) == "member"


@pytest.mark.parametrize(
    "event", [build.says("Done.", Role.ASSISTANT), build.calls("web_search"), build.calls("pay")]
)
def test_what_the_agent_says_and_sends_is_the_agents(event):
    assert trust_of(event, "Rosa", MEMBERS) == "agent"


def test_a_result_of_an_own_system_is_the_tools():
    assert trust_of(build.answers("ok", tool="get_order"), "Rosa", MEMBERS) == "tool"


def test_a_result_without_a_name_is_the_tools():
    assert trust_of(build.answers("ok"), "", MEMBERS) == "tool"


def test_a_result_from_the_web_is_outside_content():
    assert trust_of(build.answers("ok", tool="web_search"), "Rosa", MEMBERS) == "outside"


@pytest.mark.parametrize(
    "tool",
    [
        "web_search",
        "WebSearch",
        "WebFetch",
        "fetch_url",
        "fetch-url",
        "browser",
        "browser_click",
        "mcp__brave__web_search",
        "mcp__playwright__navigate",
        "functions.web_search",
        "tools/fetch",
        "server:read_email",
        "curl",
        "wikipedia",
        "tavily_search",
    ],
)
def test_tools_that_bring_strangers_words_are_known_by_any_spelling(tool):
    assert brings_outside_in(tool)


@pytest.mark.parametrize(
    "tool",
    [
        "",
        "get_order_details",
        "search_direct_flight",
        "find_user_id_by_email",
        "send_email",
        "think",
        "calculate",
        "website_settings",
        "fetch_order",
        "Bash",
    ],
)
def test_an_own_system_is_not_taken_for_the_outside(tool):
    assert not brings_outside_in(tool)


def test_the_documented_names_are_in_the_form_names_are_compared_in():
    assert all(name.isalnum() and name == name.lower() for name in OUTSIDE_TOOLS)
