"""Flows: a person's session: its cookie, its end, and the sites it never leads to."""

import pytest
from django.conf import settings as product
from django.test import Client

from agents.models import Person
from tests import build


@pytest.fixture
def lena(cast) -> Person:
    return cast.lead


def sign_in(client, person):
    return client.post("/accounts/login/", {"login": person.email, "password": build.PASSWORD})


def test_the_cookie_of_a_session_is_for_our_pages_alone(lena):
    client = Client()
    assert sign_in(client, lena).status_code == 302
    cookie = client.cookies[product.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]


def test_signing_in_gives_a_new_session_and_a_new_form_token(lena):
    client = Client()
    client.get("/accounts/login/")
    planted = client.session
    planted["planted"] = "yes"
    planted.save()
    client.cookies[product.SESSION_COOKIE_NAME] = planted.session_key
    before = client.cookies[product.CSRF_COOKIE_NAME].value
    sign_in(client, lena)
    assert client.session.session_key != planted.session_key
    assert client.cookies[product.CSRF_COOKIE_NAME].value != before


def test_a_session_that_was_signed_out_of_opens_nothing_with_its_old_cookie(lena):
    client = Client()
    sign_in(client, lena)
    old = client.cookies[product.SESSION_COOKIE_NAME].value
    assert client.get("/w/northwind/review/").status_code == 200
    client.post("/accounts/logout/")
    thief = Client()
    thief.cookies[product.SESSION_COOKIE_NAME] = old
    assert thief.get("/w/northwind/review/").status_code == 302


@pytest.mark.parametrize("key", ["", "x", "a" * 32, "a" * 5_000, "'; DROP TABLE", "../../x"])
def test_a_made_up_session_is_nobodys(cast, key):
    client = Client()
    client.cookies[product.SESSION_COOKIE_NAME] = key
    assert client.get("/w/northwind/review/").status_code == 302


def test_somebody_who_is_no_member_any_more_is_out_at_the_next_click(cast, client_of):
    client = client_of(cast.reviewer)
    assert client.get("/w/northwind/review/").status_code == 200
    cast.reviewer.memberships.all().delete()
    assert client.get("/w/northwind/review/").status_code == 404


def test_a_closed_account_is_out_at_the_next_click(cast, client_of):
    client = client_of(cast.reviewer)
    Person.objects.filter(pk=cast.reviewer.pk).update(is_active=False)
    assert client.get("/w/northwind/review/").status_code == 302


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_page_of_ours_sends_a_person_to_another_site(lena, back):
    client = Client()
    answers = [
        client.post(
            f"/accounts/login/?next={back}",
            {"login": lena.email, "password": build.PASSWORD, "next": back},
        ),
        client.post("/theme/", {"theme": "dark", "next": back}),
    ]
    for answer in answers:
        assert answer.status_code in (302, 303)
        assert "evil" not in answer.headers["Location"]
        assert not answer.headers["Location"].startswith("javascript")


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "a b", "[::1"])
def test_a_host_that_is_not_ours_is_refused(db, settings, host):
    settings.ALLOWED_HOSTS = ["testserver"]
    answer = Client(raise_request_exception=False).get("/healthz", headers={"host": host})
    shown = Client(raise_request_exception=False).get("/accounts/login/", headers={"host": host})
    assert shown.status_code == 400
    assert answer.status_code in (200, 400)
    assert b"evil" not in shown.content
