import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from agents import access
from agents.errors import InvalidToken, NotAllowed, ScopeMissing
from agents.models import Person, Scope, Token
from agents.rights import Right, Role
from tests import build

pytestmark = pytest.mark.django_db


def ask(user, *, method="get", path="/w/northwind/review/", **headers):
    request = getattr(RequestFactory(headers=headers), method)(path)
    request.user = user
    request.htmx = HtmxDetails(request)
    return request


@access.member_page(Right.DECIDE)
def deciding(request, number=0):
    return HttpResponse(
        json.dumps([request.workspace.slug, request.person.name, request.member.role, number])
    )


@access.token_request(Scope.MEMORY_READ)
def reading(request, path=""):
    agent = request.agent.slug if request.agent else None
    return HttpResponse(json.dumps([request.workspace.slug, request.token.label, agent, path]))


def bearing(secret):
    return RequestFactory(headers={"authorization": f"Bearer {secret}"}).get("/api/v1/memory")


class TestMemberFor:
    def test_gives_the_person_place_and_role(self, cast):
        member = access.member_for(cast.lead, "northwind")
        assert (member.person, member.workspace, member.role) == (
            cast.lead,
            cast.workspace,
            Role.LEAD,
        )

    def test_an_outsider_and_a_missing_workspace_look_the_same(self, cast):
        with pytest.raises(Http404) as outside:
            access.member_for(cast.outsider, "northwind")
        with pytest.raises(Http404) as missing:
            access.member_for(cast.outsider, "no-such-place")
        assert str(outside.value) == str(missing.value)

    def test_nobody_signed_in_is_an_outsider(self, cast):
        with pytest.raises(Http404):
            access.member_for(AnonymousUser(), "northwind")

    def test_a_closed_account_is_an_outsider(self, cast):
        Person.objects.filter(pk=cast.lead.pk).update(is_active=False)
        with pytest.raises(Http404):
            access.member_for(Person.objects.get(pk=cast.lead.pk), "northwind")


class TestMemberPage:
    def test_hands_the_member_to_the_view(self, cast):
        answer = deciding(ask(cast.reviewer), workspace="northwind", number=7)
        assert json.loads(answer.content) == ["northwind", "Rosa", "reviewer", 7]

    def test_refuses_a_role_without_the_right_and_says_whom_to_ask(self, cast):
        with pytest.raises(NotAllowed, match="Ask Lena, Rosa, Sven"):
            deciding(ask(cast.auditor), workspace="northwind")

    def test_hides_the_workspace_from_an_outsider(self, cast):
        with pytest.raises(Http404):
            deciding(ask(cast.outsider), workspace="northwind")

    def test_sends_a_stranger_to_the_sign_in_page_and_back(self, cast):
        answer = deciding(
            ask(AnonymousUser(), path="/w/northwind/review/?risk=high"), workspace="northwind"
        )
        assert answer.status_code == 302
        assert answer.url == "/accounts/login/?next=%2Fw%2Fnorthwind%2Freview%2F%3Frisk%3Dhigh"

    def test_makes_a_fragment_leave_for_the_sign_in_page(self, cast):
        request = ask(
            AnonymousUser(),
            method="post",
            path="/w/northwind/review/P-1/approve/",
            hx_request="true",
            hx_current_url="http://testserver/w/northwind/review/P-1/",
        )
        answer = deciding(request, workspace="northwind")
        assert answer.status_code == 200
        assert answer["HX-Redirect"] == ("/accounts/login/?next=%2Fw%2Fnorthwind%2Freview%2FP-1%2F")

    def test_a_fragment_of_a_foreign_page_comes_back_to_the_first_page(self, cast):
        request = ask(AnonymousUser(), hx_request="true", hx_current_url="https://evil.example/x")
        assert deciding(request, workspace="northwind")["HX-Redirect"].endswith("next=%2F")

    def test_a_post_comes_back_to_its_page_not_to_its_address(self, cast):
        request = ask(
            AnonymousUser(), method="post", referer="http://testserver/w/northwind/review/P-1/"
        )
        answer = deciding(request, workspace="northwind")
        assert answer.url.endswith("next=http%3A%2F%2Ftestserver%2Fw%2Fnorthwind%2Freview%2FP-1%2F")

    def test_a_post_from_elsewhere_comes_back_to_the_first_page(self, cast):
        request = ask(AnonymousUser(), method="post", referer="https://evil.example/")
        assert deciding(request, workspace="northwind").url.endswith("next=%2F")

    def test_a_token_does_not_open_a_page(self, cast):
        request = ask(AnonymousUser(), authorization=f"Bearer {cast.token}")
        assert deciding(request, workspace="northwind").status_code == 302

    def test_says_which_right_it_guards(self):
        assert deciding.right is Right.DECIDE


def test_any_signed_in_person_opens_a_page_outside_workspaces(cast):
    page = access.signed_in_page(lambda request: HttpResponse("in"))
    assert page(ask(cast.outsider)).content == b"in"
    assert page(ask(AnonymousUser(), path="/")).url == "/accounts/login/?next=%2F"


class TestTokenRequest:
    def test_hands_the_token_its_workspace_and_agent_to_the_view(self, cast):
        answer = reading(bearing(cast.token), path="/x")
        assert json.loads(answer.content) == ["northwind", "harness", "refund-desk", "/x"]

    def test_a_token_of_the_whole_workspace_has_no_agent(self, cast):
        Token.objects.filter(workspace=cast.workspace).update(agent=None)
        assert json.loads(reading(bearing(cast.token)).content)[2] is None

    @pytest.mark.parametrize(
        "header", [None, "", "Bearer", "Bearer ", "Basic dbk_x", "dbk_x", "Token dbk_x"]
    )
    def test_refuses_a_header_without_a_token(self, cast, header):
        headers = {} if header is None else {"authorization": header}
        with pytest.raises(InvalidToken, match="Authorization: Bearer"):
            reading(RequestFactory(headers=headers).get("/api/v1/memory"))

    def test_the_scheme_may_be_written_in_any_case(self, cast):
        request = RequestFactory(headers={"authorization": f"bearer {cast.token}"}).get("/api/")
        assert reading(request).status_code == 200

    def test_refuses_a_good_token_without_the_scope_and_names_both(self, cast):
        _, secret = build.token(cast.admin, cast.agent, [Scope.SESSIONS_WRITE])
        with pytest.raises(ScopeMissing, match=r"memory:read.*sessions:write"):
            reading(bearing(secret))

    def test_a_signed_in_browser_is_not_a_token(self, cast):
        with pytest.raises(InvalidToken):
            reading(ask(cast.lead, path="/api/v1/memory"))

    def test_refuses_an_expired_token(self, cast, clock):
        _, secret = build.token(cast.admin, cast.agent)
        clock.advance(days=91)
        with pytest.raises(InvalidToken, match="expired"):
            reading(bearing(secret))

    def test_notes_the_use(self, cast, clock):
        reading(bearing(cast.token))
        assert Token.objects.get(agent=cast.agent).last_used_at == clock.at

    def test_needs_no_form_token_because_it_reads_no_cookie(self):
        assert reading.csrf_exempt is True

    def test_says_which_scope_it_guards(self):
        assert reading.scope is Scope.MEMORY_READ


class TestRows:
    """A row of another workspace is not there, whatever its number or name."""

    def test_agents(self, cast):
        member = access.member_for(cast.reviewer, "northwind")
        assert access.agent_of(member, "refund-desk") == cast.agent
        with pytest.raises(Http404, match="no agent 'other-desk'"):
            access.agent_of(member, "other-desk")

    def test_stores(self, cast):
        member = access.member_for(cast.reviewer, "northwind")
        assert access.store_of(member, "refund-desk") == cast.store
        assert access.store_of(member, "shared") == cast.shared_store
        with pytest.raises(Http404, match="no memory store"):
            access.store_of(member, "other-desk")

    def test_sessions(self, cast):
        member = access.member_for(cast.reviewer, "northwind")
        own = build.session(cast.agent)
        assert access.session_of(member, own.number) == own
        others = access.member_for(cast.outsider, "elsewhere")
        with pytest.raises(Http404, match=f"no session S-{own.number}"):
            access.session_of(others, own.number)

    def test_memories(self, cast):
        member = access.member_for(cast.reviewer, "northwind")
        own = build.memory(cast.store)
        assert access.memory_of(member, own.number) == own
        others = access.member_for(cast.outsider, "elsewhere")
        with pytest.raises(Http404, match=f"no memory M-{own.number}"):
            access.memory_of(others, own.number)

    def test_releases(self, cast):
        member = access.member_for(cast.reviewer, "northwind")
        own = cast.store.releases.get()
        assert access.release_of(member, own.number) == own
        with pytest.raises(Http404, match="no release R-999"):
            access.release_of(member, 999)


def test_an_expiry_is_a_moment_not_a_day(cast, clock):
    token, secret = build.token(cast.admin, cast.agent)
    Token.objects.filter(pk=token.pk).update(expires_at=clock.at + timedelta(seconds=1))
    assert reading(bearing(secret)).status_code == 200
