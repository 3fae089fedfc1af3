from datetime import timedelta

import pytest

from agents.access import member_for
from agents.rights import Role
from dreaming import navigation
from dreaming.navigation import TABS, count_open, home_of, navigation_of, url_of, workspaces_of
from reviews import lines, queue
from reviews.postponements import postpone
from tests import build

pytestmark = pytest.mark.django_db
PEOPLE = {
    Role.REVIEWER: "reviewer",
    Role.LEAD: "lead",
    Role.AUDITOR: "auditor",
    Role.ADMIN: "admin",
}


def labels(cast, role, path="/w/northwind/"):
    member = member_for(getattr(cast, PEOPLE[role]), "northwind")
    return [tab["label"] for tab in navigation_of(member, path)]


@pytest.mark.parametrize("role", Role)
def test_a_role_sees_the_tabs_it_has_the_right_to(cast, role):
    member = member_for(getattr(cast, PEOPLE[role]), "northwind")
    expected = [
        tab.label
        for tab in TABS
        if member.may(tab.right) and url_of(tab.url_name, "northwind") is not None
    ]
    assert labels(cast, role) == expected


def test_people_and_tokens_are_an_admins_only(cast):
    assert {"People", "Tokens"} <= set(labels(cast, Role.ADMIN))
    for role in (Role.REVIEWER, Role.LEAD, Role.AUDITOR):
        assert not {"People", "Tokens"} & set(labels(cast, role))


def test_an_admin_has_no_tab_of_content(cast):
    assert not {"Review", "Dreams", "Agents"} & set(labels(cast, Role.ADMIN))


def test_a_page_that_does_not_exist_has_no_tab(cast, monkeypatch):
    missing = navigation.Tab("nowhere", "z", "Nowhere", "no_such_page", TABS[0].right)
    monkeypatch.setattr(navigation, "TABS", (missing, *TABS))
    assert "Nowhere" not in labels(cast, Role.LEAD)


def test_the_tab_of_the_page_one_is_on_is_marked(cast):
    member = member_for(cast.admin, "northwind")
    tabs = navigation_of(member, "/w/northwind/tokens/")
    assert [tab["label"] for tab in tabs if tab["current"]] == ["Tokens"]


def test_only_the_nearest_tab_is_marked(cast):
    member = member_for(cast.admin, "northwind")
    for tab in navigation_of(member, "/"):
        here = [t["label"] for t in navigation_of(member, tab["url"] + "x/") if t["current"]]
        assert here == [tab["label"]]


def reviewer_of(cast):
    return member_for(cast.reviewer, "northwind")


def test_open_proposals_of_this_workspace_are_counted(cast):
    build.proposal(cast.store)
    build.proposal(cast.store, "awaiting_second")
    build.proposal(cast.store, "applied")
    build.proposal(cast.other_agent.store)
    assert count_open(reviewer_of(cast)) == "2"


def test_an_empty_queue_has_no_count(cast):
    assert count_open(reviewer_of(cast)) == ""


def test_what_somebody_put_aside_is_not_counted_for_them(cast, clock):
    until = clock() + timedelta(days=1)
    postpone(build.proposal(cast.store), by=reviewer_of(cast), until=until)
    build.proposal(cast.store, content="b\n")
    assert count_open(reviewer_of(cast)) == "1"
    assert count_open(member_for(cast.lead, "northwind")) == "2"


def test_beyond_what_is_counted_it_says_more(cast, monkeypatch):
    monkeypatch.setattr(queue, "COUNTED", 2)
    monkeypatch.setattr(lines, "COUNTED", 2)
    for _ in range(4):
        build.proposal(cast.store)
    assert count_open(reviewer_of(cast)) == "2+"


def test_the_count_is_one_query_whatever_waits(cast, django_assert_num_queries):
    member = reviewer_of(cast)
    for _ in range(3):
        build.proposal(cast.store)
    with django_assert_num_queries(1):
        count_open(member)


@pytest.mark.parametrize("role", Role)
def test_every_role_begins_on_a_page_that_exists(client, role):
    assert home_of(role, "northwind").startswith("/w/northwind/")


def test_an_admin_begins_with_people(cast):
    assert home_of(Role.ADMIN, "northwind") == "/w/northwind/people/"


def test_the_workspaces_of_a_person_lead_to_the_page_of_their_role_there(cast):
    member = member_for(cast.reviewer, "northwind")
    member.person.memberships.create(workspace=cast.elsewhere, role=Role.ADMIN)
    assert workspaces_of(member) == [
        {"name": "Elsewhere", "url": "/w/elsewhere/people/", "current": False, "unread": 0},
        {
            "name": "Northwind",
            "url": home_of(Role.REVIEWER, "northwind"),
            "current": True,
            "unread": 0,
        },
    ]


def test_no_two_pages_have_one_key() -> None:
    keys = [tab.go for tab in TABS]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 1 and key.isalpha() and key.islower() for key in keys)
