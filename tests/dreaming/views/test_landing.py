import pytest
from django.test import Client

from agents.models import Membership
from dreaming.navigation import home_of
from tests import build

pytestmark = pytest.mark.django_db


def test_a_stranger_is_asked_to_sign_in(client):
    assert client.get("/").url == "/accounts/login/?next=%2F"


@pytest.mark.parametrize("who", ["reviewer", "lead", "auditor", "admin"])
def test_a_person_of_one_workspace_goes_to_the_page_of_their_role(cast, client_of, who):
    answer = client_of(getattr(cast, who)).get("/")
    assert answer.status_code == 302
    assert answer.url == home_of(who, "northwind")


FIRST_PAGES = {
    "reviewer": "/w/northwind/review/",
    "lead": "/w/northwind/insights/",
    "auditor": "/w/northwind/audit/",
    "admin": "/w/northwind/people/",
}


def sign_in(who: str, cast, **form: str) -> str:
    """Sign in by the form and return the address one ends at."""
    form |= {"login": getattr(cast, who).email, "password": build.PASSWORD}
    answer = Client().post("/accounts/login/", form, follow=True)
    assert answer.status_code == 200
    return answer.request["PATH_INFO"]


@pytest.mark.parametrize(("who", "page"), FIRST_PAGES.items())
def test_signing_in_ends_on_the_first_page_of_the_role(cast, who, page):
    assert sign_in(who, cast) == page


@pytest.mark.parametrize("who", FIRST_PAGES)
def test_signing_in_on_the_way_to_a_page_ends_there(cast, who):
    assert sign_in(who, cast, next="/w/northwind/rules/") == "/w/northwind/rules/"


def test_signing_in_never_leads_to_another_site(cast):
    assert sign_in("lead", cast, next="https://evil.example/") == "/w/northwind/insights/"


def test_a_person_of_several_workspaces_chooses(cast, client_of):
    Membership.objects.create(workspace=cast.elsewhere, person=cast.reviewer, role="admin")
    page = client_of(cast.reviewer).get("/")
    assert page.status_code == 200
    assert "Choose a workspace" in page.content.decode()
    assert 'href="/w/elsewhere/people/"' in page.content.decode()


def test_a_person_of_no_workspace_reads_who_can_add_them(client_of):
    lonely = build.person("Lou")
    page = client_of(lonely).get("/").content.decode()
    assert "You are in no workspace" in page
    assert lonely.email in page


def test_the_address_of_a_workspace_leads_to_the_page_of_the_role(cast, client_of):
    answer = client_of(cast.admin).get("/w/northwind/")
    assert (answer.status_code, answer.url) == (302, "/w/northwind/people/")


class TestTheme:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_is_kept_and_leads_back(self, theme):
        client = Client()
        answer = client.post("/theme/", {"theme": theme, "next": "/accounts/login/"})
        assert (answer.status_code, answer.url) == (302, "/accounts/login/")
        page = client.get("/accounts/login/").content.decode()
        assert f'class="theme-{theme}"' in page

    @pytest.mark.parametrize("theme", ["", "pink", '"><script>'])
    def test_any_other_word_follows_the_system(self, theme):
        client = Client()
        client.post("/theme/", {"theme": "dark"})
        client.post("/theme/", {"theme": theme})
        assert "theme-dark" not in client.get("/accounts/login/").content.decode()

    @pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", ""])
    def test_leads_nowhere_else(self, place):
        assert Client().post("/theme/", {"theme": "dark", "next": place}).url == "/"
