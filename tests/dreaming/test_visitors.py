"""The session and the person of a request: looked up by prepared queries, judged as Django does."""

from datetime import timedelta

import pytest
from django.conf import settings as product
from django.contrib.sessions.backends.db import SessionStore as Djangos
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Person
from dreaming.visitors import Backend, SessionStore
from tests import build

pytestmark = pytest.mark.django_db

QUEUE = "/w/northwind/review/"
OTHER = "a-new-password-of-14"


def sign_in(person: Person) -> Client:
    client = Client()
    sent = {"login": person.email, "password": build.PASSWORD}
    assert client.post("/accounts/login/", sent).status_code == 302
    return client


def status(client: Client) -> int:
    return client.get(QUEUE).status_code


def kept(**values: object) -> str:
    store = SessionStore()
    store.update(values)
    store.create()
    store.save()
    return store.session_key


def test_what_is_kept_is_read_as_django_reads_it():
    key = kept(_draft="words", number=7)
    assert dict(SessionStore(key).items()) == {"_draft": "words", "number": 7}
    assert dict(Djangos(key).items()) == dict(SessionStore(key).items())


@pytest.mark.parametrize("left", [timedelta(seconds=-1), timedelta(seconds=1)])
def test_a_session_holds_until_it_expires_and_not_longer(left: timedelta):
    key = kept(number=7)
    Session.objects.filter(pk=key).update(expire_date=timezone.now() + left)
    ours, djangos = SessionStore(key), Djangos(key)
    assert ours.get("number") == djangos.get("number") == (7 if left > timedelta(0) else None)
    assert ours.session_key == djangos.session_key == (key if left > timedelta(0) else None)


@pytest.mark.parametrize("key", [None, "", "short", "a" * 32, "' OR '1'='1", "%s"])
def test_a_key_nobody_was_given_is_an_empty_session(key: str | None):
    kept(number=7)
    store = SessionStore(key)
    assert list(store.items()) == []
    assert store.session_key is None


def test_data_that_was_not_written_by_us_is_empty():
    key = kept(number=7)
    Session.objects.filter(pk=key).update(session_data="eyJudW1iZXIiOjh9:forged:forged")
    assert SessionStore(key).get("number") is None


def test_a_session_that_was_thrown_away_holds_nothing():
    key = kept(number=7)
    SessionStore(key).flush()
    assert SessionStore(key).get("number") is None
    assert not Session.objects.exists()


def test_each_call_reads_what_is_stored_now():
    key = kept(number=7)
    again = SessionStore(key)
    again["number"] = 8
    again.save()
    assert SessionStore(key).get("number") == 8


def test_a_session_and_its_person_are_one_query_each(cast):
    key = kept(number=7)
    SessionStore(key).load()
    Backend().get_user(cast.lead.pk)
    with CaptureQueriesContext(connection) as asked:
        SessionStore(key).load()
        assert Backend().get_user(cast.lead.pk) == cast.lead
    assert len(asked) == 2


def test_who_is_closed_or_gone_is_nobody(cast):
    assert Backend().get_user(cast.lead.pk + 10_000) is None
    Person.objects.filter(pk=cast.lead.pk).update(is_active=False)
    assert Backend().get_user(cast.lead.pk) is None


def test_who_signs_in_is_looked_up_by_the_prepared_query(cast):
    client = sign_in(cast.reviewer)
    assert client.session["_auth_user_backend"] == "dreaming.visitors.Backend"
    assert isinstance(client.session, SessionStore)
    assert status(client) == 200


def test_a_session_from_before_this_lookup_goes_on(cast):
    client = Client()
    client.force_login(cast.reviewer, backend="django.contrib.auth.backends.ModelBackend")
    assert status(client) == 200


def test_a_new_password_ends_every_other_session(cast):
    here, elsewhere = sign_in(cast.reviewer), sign_in(cast.reviewer)
    assert (status(here), status(elsewhere)) == (200, 200)
    person = Person.objects.get(pk=cast.reviewer.pk)
    person.set_password(OTHER)
    person.save()
    assert (status(here), status(elsewhere)) == (302, 302)
    assert "_auth_user_id" not in elsewhere.session


def test_the_cookie_of_an_ended_session_opens_nothing(cast):
    client = sign_in(cast.reviewer)
    key = client.cookies[product.SESSION_COOKIE_NAME].value
    Session.objects.filter(pk=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert status(client) == 302


def test_a_session_names_its_own_person_and_nobody_elses(cast):
    clients = {person: sign_in(person) for person in (cast.reviewer, cast.lead)}
    for person, client in clients.items():
        shown = client.get(QUEUE)
        assert shown.wsgi_request.user == person
        assert shown.wsgi_request.user.email == person.email
