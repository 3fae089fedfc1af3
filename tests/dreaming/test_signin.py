import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client

from agents.models import Membership, Person
from agents.people import add_person
from dreaming import signin
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.errors import AuditError
from reviews.audit.models import Entry
from tests import build

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "first-light-on-the-hill"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()
    yield
    cache.clear()


def sign_in(email, password=build.PASSWORD, client=None):
    client = client or Client()
    answer = client.post("/accounts/login/", {"login": email, "password": password})
    return client, answer


def bodies(action):
    return [read_body(entry.body) for entry in Entry.objects.filter(action=action).order_by("id")]


class TestSignIn:
    def test_a_person_comes_in_with_address_and_password(self, cast):
        _, answer = sign_in(cast.reviewer.email)
        assert (answer.status_code, answer.url) == (302, "/")

    def test_is_an_entry_of_the_workspace(self, cast):
        sign_in(cast.reviewer.email)
        (body,) = bodies(Action.SIGNED_IN)
        assert body["workspace"] == "northwind"
        assert body["actor"] == {"kind": "person", "id": cast.reviewer.public_id}
        assert body["object"] == f"person:{cast.reviewer.public_id}"

    def test_is_an_entry_of_each_workspace_of_the_person(self, cast):
        Membership.objects.create(workspace=cast.elsewhere, person=cast.reviewer, role="auditor")
        sign_in(cast.reviewer.email)
        assert [body["workspace"] for body in bodies(Action.SIGNED_IN)] == [
            "elsewhere",
            "northwind",
        ]

    def test_of_somebody_without_a_workspace_is_an_entry_of_the_installation(self, cast):
        lonely = build.person("Lou")
        sign_in(lonely.email)
        assert [body["workspace"] for body in bodies(Action.SIGNED_IN)] == ["-"]

    def test_fails_when_its_entry_cannot_be_written(self, cast, monkeypatch):
        def refuse(*_args, **_kwargs):
            raise AuditError("the log is full")

        monkeypatch.setattr(signin.log, "append", refuse)
        client = Client(raise_request_exception=False)
        _, answer = sign_in(cast.reviewer.email, client=client)
        assert answer.status_code == 500
        assert client.get("/").status_code == 302

    def test_comes_back_to_the_page_that_asked(self, cast):
        client = Client()
        answer = client.post(
            "/accounts/login/?next=/w/northwind/people/",
            {"login": cast.admin.email, "password": build.PASSWORD},
        )
        assert answer.url == "/w/northwind/people/"

    def test_leads_nowhere_else(self, cast):
        answer = Client().post(
            "/accounts/login/?next=https://evil.example/",
            {"login": cast.admin.email, "password": build.PASSWORD},
        )
        assert answer.url == "/"

    def test_signing_out_is_an_entry(self, cast):
        client, _ = sign_in(cast.reviewer.email)
        client.post("/accounts/logout/")
        (body,) = bodies(Action.SIGNED_OUT)
        assert body["actor"]["id"] == cast.reviewer.public_id

    def test_looking_at_the_sign_out_page_signs_nobody_out(self, cast):
        client, _ = sign_in(cast.reviewer.email)
        client.get("/accounts/logout/")
        assert not bodies(Action.SIGNED_OUT)

    def test_asks_for_the_password_in_a_session_that_ends_with_the_browser(self, cast):
        client, _ = sign_in(cast.reviewer.email)
        assert client.cookies["sessionid"]["max-age"] == ""
        assert client.cookies["sessionid"]["httponly"]


class TestFailedSignIn:
    def test_says_so_without_saying_which_of_the_two_was_wrong(self, cast):
        _, known = sign_in(cast.reviewer.email, "wrong-password")
        _, unknown = sign_in("nobody@nowhere.example", "wrong-password")
        for answer in (known, unknown):
            assert answer.status_code == 200
            assert "The e-mail address or the password is wrong." in answer.content.decode()

    def test_is_one_entry_about_the_person_by_the_system(self, cast):
        sign_in(cast.reviewer.email.upper(), "wrong-password")
        (body,) = bodies(Action.SIGN_IN_FAILED)
        assert body["actor"]["kind"] == "system"
        assert body["workspace"] == "northwind"
        assert body["object"] == f"person:{cast.reviewer.public_id}"

    def test_with_an_unknown_address_is_an_entry_of_the_installation(self, cast):
        sign_in("nobody@nowhere.example", "wrong-password")
        (body,) = bodies(Action.SIGN_IN_FAILED)
        assert (body["workspace"], body["object"]) == ("-", "person:unknown")

    def test_keeps_nothing_of_what_was_typed(self, cast):
        sign_in("nobody@nowhere.example", "hunter2-hunter2")
        sign_in(cast.reviewer.email, "hunter2-hunter2")
        for entry in Entry.objects.filter(action=Action.SIGN_IN_FAILED):
            assert "hunter2" not in entry.body
            assert "@" not in entry.body
            assert "values" not in read_body(entry.body)

    def test_of_a_closed_account_lets_nobody_in(self, cast):
        Person.objects.filter(pk=cast.reviewer.pk).update(is_active=False)
        client, _ = sign_in(cast.reviewer.email)
        assert client.get("/").url.startswith("/accounts/login/")
        assert not bodies(Action.SIGNED_IN)

    def test_is_not_tried_for_ever(self, cast):
        for _ in range(5):
            sign_in(cast.reviewer.email, "wrong-password")
        _, answer = sign_in(cast.reviewer.email)
        assert "Too many failed attempts" in answer.content.decode()
        assert not bodies(Action.SIGNED_IN)

    def test_tries_beyond_the_limit_fill_no_log(self, cast):
        for _ in range(8):
            sign_in(cast.reviewer.email, "wrong-password")
        assert len(bodies(Action.SIGN_IN_FAILED)) == 5


class TestInvitations:
    def invite(self, cast):
        return add_person(
            cast.workspace, email="rita@x.example", name="Rita", role="lead", by=cast.admin
        )

    def set_password(self, path, client=None):
        client = client or Client()
        page = client.get(path, follow=True)
        place = page.redirect_chain[-1][0]
        return client.post(place, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    def test_nobody_registers_themselves(self, cast):
        answer = Client().post(
            "/accounts/signup/",
            {"email": "me@x.example", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        )
        assert answer.status_code == 200
        assert not Person.objects.filter(email="me@x.example").exists()

    def test_the_one_time_path_lets_its_person_in(self, cast):
        invitation = self.invite(cast)
        answer = self.set_password(invitation.path)
        assert answer.status_code == 302
        _, signed = sign_in("rita@x.example", NEW_PASSWORD)
        assert (signed.status_code, signed.url) == (302, "/")

    def test_the_path_works_once(self, cast):
        path = self.invite(cast).path
        self.set_password(path)
        page = Client().get(path, follow=True)
        assert 'name="password1"' not in page.content.decode()

    def test_nobody_comes_in_before_a_password_is_set(self, cast):
        self.invite(cast)
        client, _ = sign_in("rita@x.example", "")
        assert client.get("/").url.startswith("/accounts/login/")

    def test_setting_the_password_is_in_the_log(self, cast):
        invitation = self.invite(cast)
        self.set_password(invitation.path)
        subject = f"person:{invitation.person.public_id}"
        assert [b["object"] for b in bodies(Action.CREDENTIAL_CHANGED)] == [subject]
        assert [b["object"] for b in bodies(Action.CREDENTIAL_RESET)] == [subject]

    def test_a_weak_password_is_refused(self, cast):
        client = Client()
        page = client.get(self.invite(cast).path, follow=True)
        answer = client.post(
            page.redirect_chain[-1][0], {"password1": "sunrise", "password2": "sunrise"}
        )
        assert answer.status_code == 200
        assert not bodies(Action.CREDENTIAL_CHANGED)


class TestCredentials:
    def change_password(self, client):
        return client.post(
            "/accounts/password/change/",
            {
                "oldpassword": build.PASSWORD,
                "password1": NEW_PASSWORD,
                "password2": NEW_PASSWORD,
            },
        )

    def test_a_changed_password_is_in_the_log_and_ends_the_session(self, cast):
        client, _ = sign_in(cast.reviewer.email)
        self.change_password(client)
        assert len(bodies(Action.CREDENTIAL_CHANGED)) == 1
        assert client.get("/").url.startswith("/accounts/login/")

    def test_a_password_stays_when_its_entry_cannot_be_written(self, cast, monkeypatch):
        client, _ = sign_in(cast.reviewer.email, client=Client(raise_request_exception=False))

        def refuse(*_args, **_kwargs):
            raise AuditError("the log is full")

        monkeypatch.setattr(signin.log, "append", refuse)
        assert self.change_password(client).status_code == 500
        assert Person.objects.get(pk=cast.reviewer.pk).check_password(build.PASSWORD)

    def test_a_new_address_is_in_the_log_but_not_in_the_body(self, cast):
        client, _ = sign_in(cast.reviewer.email)
        client.post("/accounts/email/", {"action_add": "", "email": "rosa@home.example"})
        entries = Entry.objects.filter(action=Action.PERSON_CHANGED)
        assert all("home.example" not in entry.body for entry in entries)

    def test_proving_it_again_is_in_the_log(self, cast):
        client, _ = sign_in(cast.reviewer.email)
        client.post("/accounts/reauthenticate/", {"password": build.PASSWORD})
        assert [b["after"] for b in bodies(Action.REAUTHENTICATED)] == [{"by": "password"}]


class TestSecondFactor:
    def code(self, secret):
        return f"{hotp_value(secret, list(yield_hotp_counters_from_time())[1]):06d}"

    def with_factor(self, person):
        EmailAddress.objects.get_or_create(
            user=person, email=person.email, defaults={"verified": True, "primary": True}
        )
        secret = generate_totp_secret()
        TOTP.activate(person, secret)
        return secret

    def test_setting_one_up_is_in_the_log(self, cast):
        client, _ = sign_in(cast.reviewer.email)
        client.post("/accounts/reauthenticate/", {"password": build.PASSWORD})
        page = client.get("/accounts/2fa/totp/activate/")
        secret = page.context["form"].secret
        client.post("/accounts/2fa/totp/activate/", {"code": self.code(secret)})
        factors = [body["after"]["factor"] for body in bodies(Action.FACTOR_ADDED)]
        assert factors == ["totp", "recovery_codes"]

    def test_setting_one_up_asks_for_the_password_again(self, cast):
        client, _ = sign_in(cast.reviewer.email)
        answer = client.get("/accounts/2fa/totp/activate/", headers={"hx-request": "true"})
        assert answer["HX-Redirect"].startswith("/accounts/reauthenticate/")

    def test_the_password_alone_lets_nobody_in(self, cast):
        self.with_factor(cast.reviewer)
        client, answer = sign_in(cast.reviewer.email)
        assert answer.url.startswith("/accounts/2fa/authenticate/")
        assert client.get("/").url.startswith("/accounts/login/")
        assert not bodies(Action.SIGNED_IN)

    def test_using_one_is_no_change_of_it(self, cast):
        secret = self.with_factor(cast.reviewer)
        before = len(bodies(Action.FACTOR_ADDED))
        client, _ = sign_in(cast.reviewer.email)
        client.post("/accounts/2fa/authenticate/", {"code": self.code(secret)})
        assert len(bodies(Action.FACTOR_ADDED)) == before == 1

    def test_taking_one_away_is_in_the_log(self, cast):
        self.with_factor(cast.reviewer)
        Authenticator.objects.get(user=cast.reviewer).delete()
        assert [b["after"] for b in bodies(Action.FACTOR_REMOVED)] == [{"factor": "totp"}]

    def test_the_code_lets_its_person_in(self, cast):
        secret = self.with_factor(cast.reviewer)
        client, _ = sign_in(cast.reviewer.email)
        client.post("/accounts/2fa/authenticate/", {"code": self.code(secret)})
        assert len(bodies(Action.SIGNED_IN)) == 1

    def test_a_wrong_code_is_in_the_log(self, cast):
        self.with_factor(cast.reviewer)
        client, _ = sign_in(cast.reviewer.email)
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
        assert [b["after"] for b in bodies(Action.SIGN_IN_FAILED)] == [{"by": "factor"}]
        assert not bodies(Action.SIGNED_IN)


def test_pages_of_sign_in_carry_no_inline_style_or_script(cast):
    for address in ("login", "logout", "password/reset", "signup"):
        page = Client().get(f"/accounts/{address}/").content.decode()
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", page), address
