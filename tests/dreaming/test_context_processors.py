import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from agents.access import as_member_request, member_for
from agents.freezes import freeze_agent, freeze_workspace
from agents.pauses import pause_workspace
from agents.rights import Right
from dreaming.context_processors import shell
from dreaming.models import Schedule
from tests import build

pytestmark = pytest.mark.django_db


def seen_by(person, slug="northwind", **cookies):
    request = RequestFactory().get(f"/w/{slug}/people/")
    request.user = person
    request.COOKIES.update(cookies)
    return shell(as_member_request(request, member_for(person, slug)))


def test_a_member_sees_where_and_who_they_are(cast):
    context = seen_by(cast.lead)
    assert (context["workspace"], context["person"], context["role"]) == (
        cast.workspace,
        cast.lead,
        "Lead",
    )


def test_pages_know_each_right_by_its_name(cast):
    context = seen_by(cast.lead)
    assert context["may"].keys() == {right.name.lower() for right in Right}
    assert context["may"]["contain"]
    assert not context["may"]["manage_people"]


def test_a_stranger_sees_no_workspace(db):
    request = RequestFactory().get("/accounts/login/")
    request.user = AnonymousUser()
    assert shell(request) == {"theme": "", "navigation": ()}


def test_an_answer_made_before_anybody_is_known_has_a_shell(db):
    assert shell(RequestFactory().get("/"))["navigation"] == ()


def test_outside_the_workspaces_a_person_is_known(cast):
    request = RequestFactory().get("/")
    request.user = cast.lead
    context = shell(request)
    assert context["person"] == cast.lead
    assert "workspace" not in context


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("", ""), ('"><script>', "")]
)
def test_only_known_themes_reach_the_page(cast, cookie, theme):
    assert seen_by(cast.lead, theme=cookie)["theme"] == theme


def test_nothing_is_asked_of_the_database_until_a_page_shows_it(cast, django_assert_num_queries):
    member = member_for(cast.lead, "northwind")
    request = RequestFactory().get("/")
    request.user = cast.lead
    with django_assert_num_queries(0):
        shell(as_member_request(request, member))


class TestFrozenBanner:
    def test_is_absent_while_nothing_is_frozen(self, cast):
        assert not seen_by(cast.lead)["frozen"]

    def test_names_a_frozen_workspace_to_everybody(self, cast):
        freeze_workspace(cast.workspace, reason="Odd", by=cast.lead)
        for person in (cast.reviewer, cast.lead, cast.auditor, cast.admin):
            assert seen_by(person)["frozen"]["title"] == "Northwind is frozen."

    def test_leads_to_the_way_out_those_who_may_act(self, cast):
        freeze_workspace(cast.workspace, reason="Odd", by=cast.lead)
        assert seen_by(cast.lead)["frozen"]["url"] == "/w/northwind/workspace/"
        assert seen_by(cast.reviewer)["frozen"]["url"] is None

    def test_names_frozen_agents(self, cast):
        freeze_agent(cast.agent, reason="Odd", by=cast.lead)
        assert seen_by(cast.reviewer)["frozen"]["title"] == f"{cast.agent.name} is frozen."

    def test_names_at_most_three_agents(self, cast):
        for slug in ("a1", "a2", "a3", "a4"):
            freeze_agent(build.agent(cast.workspace, slug), reason="Odd", by=cast.lead)
        assert seen_by(cast.lead)["frozen"]["title"] == "A1, A2, A3 and others are frozen."

    def test_says_nothing_of_another_workspace(self, cast):
        freeze_workspace(cast.elsewhere, reason="Odd", by=cast.outsider)
        assert not seen_by(cast.lead)["frozen"]


class TestPausedBanner:
    def test_names_the_workspace_to_everybody(self, cast):
        pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
        for person in (cast.reviewer, cast.lead, cast.auditor, cast.admin):
            assert seen_by(person)["frozen"]["title"] == "Dreams of Northwind are paused."

    def test_leads_to_dreams_those_who_see_them(self, cast):
        pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
        assert seen_by(cast.reviewer)["frozen"]["url"] == "/w/northwind/dreams/"
        assert seen_by(cast.admin)["frozen"]["url"] is None

    def test_is_said_beside_frozen_agents(self, cast):
        pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
        freeze_agent(cast.agent, reason="Odd", by=cast.lead)
        both = f"{cast.agent.name} is frozen. Dreams of Northwind are paused."
        assert seen_by(cast.lead)["frozen"]["title"] == both

    def test_a_frozen_workspace_says_more_and_says_it_alone(self, cast):
        pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
        freeze_workspace(cast.workspace, reason="Odd", by=cast.lead)
        assert seen_by(cast.lead)["frozen"]["title"] == "Northwind is frozen."

    def test_promises_no_next_dream(self, cast):
        Schedule.objects.create(workspace=cast.workspace, store=cast.store)
        assert seen_by(cast.lead)["next_dream"]() is not None
        pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
        assert seen_by(cast.lead)["next_dream"]() is None
