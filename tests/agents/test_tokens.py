import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from agents import clock as product_clock
from agents.errors import InvalidInput, InvalidToken, NotAllowed
from agents.models import Scope, Token
from agents.tokens import LONGEST_DAYS, find_token, issue_token, note_use, revoke_token
from reviews.audit.actions import Action
from reviews.audit.bodies import commitments_of, read_body
from reviews.audit.models import Entry
from reviews.audit.values import open_values
from tests import build

pytestmark = pytest.mark.django_db


def issue(cast, **changed):
    given = {"label": "Claims pipeline", "scopes": [Scope.MEMORY_READ], "by": cast.admin} | changed
    return issue_token(cast.workspace, **given)


class TestIssueToken:
    def test_the_secret_has_256_bits_and_the_prefix(self, cast):
        secret = issue(cast).secret
        assert secret.startswith("dbk_")
        assert len(secret) == len("dbk_") + 43

    def test_the_secret_is_kept_nowhere(self, cast):
        issued = issue(cast)
        stored = Token.objects.get(pk=issued.token.pk)
        assert issued.secret not in repr(vars(stored))
        assert stored.start == issued.secret[:12]
        assert not any(issued.secret in entry.body for entry in Entry.objects.all())

    def test_two_secrets_differ(self, cast):
        assert issue(cast).secret != issue(cast).secret

    def test_lives_ninety_days_unless_said(self, cast, clock):
        assert issue(cast).token.expires_at == clock.at + timedelta(days=LONGEST_DAYS)

    def test_is_in_the_log_without_its_label_in_the_body(self, cast):
        token = issue(cast, agent=cast.agent, days=30).token
        entry = Entry.objects.get(object=f"token:{token.public_id}")
        body = read_body(entry.body)
        assert body["object"] == f"token:{token.public_id}"
        assert body["after"] == {"scopes": ["memory:read"], "agent": "refund-desk", "days": 30}
        assert "Claims" not in entry.body
        assert open_values(commitments_of(body))["label"] == "Claims pipeline"

    @pytest.mark.parametrize("days", [0, -1, 91])
    def test_refuses_a_life_beyond_ninety_days(self, cast, days):
        with pytest.raises(InvalidInput, match="1 to 90 days"):
            issue(cast, days=days)

    @pytest.mark.parametrize("scopes", [[], ["proposals:decide"], ["memory:read", "admin"]])
    def test_refuses_a_scope_it_does_not_know(self, cast, scopes):
        with pytest.raises(InvalidInput, match="scope"):
            issue(cast, scopes=scopes)

    def test_no_scope_decides(self):
        assert {scope.value for scope in Scope} == {
            "sessions:write",
            "memory:read",
            "memory:propose",
        }

    def test_refuses_an_agent_of_another_workspace(self, cast):
        with pytest.raises(InvalidInput, match="no agent"):
            issue(cast, agent=cast.other_agent)

    @pytest.mark.parametrize("who", ["reviewer", "lead", "auditor", "outsider"])
    def test_refuses_everybody_but_an_admin(self, cast, who):
        with pytest.raises(NotAllowed):
            issue(cast, by=getattr(cast, who))


class TestFindToken:
    def test_finds_the_token_of_the_secret(self, cast):
        issued = issue(cast, agent=cast.agent)
        token = find_token(issued.secret)
        assert (token.workspace, token.agent) == (cast.workspace, cast.agent)

    @pytest.mark.parametrize("secret", ["", "dbk_", "dbk_" + "a" * 43, "Ω" * 50, "\0"])
    def test_refuses_what_it_does_not_know(self, cast, secret):
        with pytest.raises(InvalidToken, match="not known"):
            find_token(secret)

    def test_refuses_the_hash_in_place_of_the_secret(self, cast):
        with pytest.raises(InvalidToken):
            find_token(issue(cast).token.sha256)

    def test_refuses_a_revoked_one_at_once(self, cast):
        issued = issue(cast)
        revoke_token(cast.workspace, issued.token, by=cast.admin)
        with pytest.raises(InvalidToken, match="revoked"):
            find_token(issued.secret)

    def test_refuses_an_expired_one_from_its_last_second(self, cast, clock):
        secret = issue(cast, days=1).secret
        clock.advance(days=1, seconds=-1)
        assert find_token(secret)
        clock.advance(seconds=1)
        with pytest.raises(InvalidToken, match="expired"):
            find_token(secret)


class TestRevokeToken:
    def test_is_in_the_log_once(self, cast):
        token = issue(cast).token
        for _ in range(2):
            revoke_token(cast.workspace, token, by=cast.admin)
        assert Entry.objects.filter(action=Action.TOKEN_REVOKED).count() == 1

    def test_keeps_the_time_of_the_first(self, cast, clock):
        token = issue(cast).token
        revoke_token(cast.workspace, token, by=cast.admin)
        first = clock.at
        clock.advance(hours=1)
        revoke_token(cast.workspace, token, by=cast.admin)
        assert Token.objects.get(pk=token.pk).revoked_at == first

    def test_refuses_a_token_of_another_workspace(self, cast):
        token = Token.objects.get(workspace=cast.elsewhere)
        with pytest.raises(InvalidInput, match="no such token"):
            revoke_token(cast.workspace, token, by=cast.admin)

    @pytest.mark.parametrize("who", ["reviewer", "lead", "auditor", "outsider"])
    def test_refuses_everybody_but_an_admin(self, cast, who):
        token = issue(cast).token
        with pytest.raises(NotAllowed):
            revoke_token(cast.workspace, token, by=getattr(cast, who))


class TestNoteUse:
    def test_notes_the_first_use(self, cast, clock):
        token = issue(cast).token
        note_use(token)
        assert Token.objects.get(pk=token.pk).last_used_at == clock.at

    def test_notes_no_second_use_within_a_minute(self, cast, clock):
        token = issue(cast).token
        note_use(token)
        first = clock.at
        clock.advance(seconds=59)
        note_use(Token.objects.get(pk=token.pk))
        assert Token.objects.get(pk=token.pk).last_used_at == first

    def test_notes_it_again_after_a_minute(self, cast, clock):
        token = issue(cast).token
        note_use(token)
        clock.advance(minutes=1)
        note_use(Token.objects.get(pk=token.pk))
        assert Token.objects.get(pk=token.pk).last_used_at == clock.at


@pytest.mark.django_db(transaction=True)
def test_a_busy_database_keeps_the_older_time_and_nobody_waits(cast):
    token = Token.objects.get(agent=cast.agent)
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Token.objects.select_for_update().get(pk=token.pk)
            taken.set()
            done.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert taken.wait(10)
        began = time.perf_counter()
        note_use(token)
        waited = time.perf_counter() - began
    finally:
        done.set()
        holder.join()
    assert waited < 2
    assert Token.objects.get(pk=token.pk).last_used_at is None


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_verbs_wait_as_long_as_before_after_a_use_was_noted(cast):
    def patience() -> int:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout")
            return int(cursor.fetchone()[0])

    before = patience()
    note_use(Token.objects.get(agent=cast.agent))
    assert patience() == before > 1_000


def test_a_builders_token_is_like_an_issued_one(cast):
    token, secret = build.token(cast.admin, cast.agent)
    assert find_token(secret) == token
    assert token.expires_at > product_clock.now()
