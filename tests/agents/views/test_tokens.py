import re

import pytest

from agents.models import Scope, Token
from agents.tokens import find_token

pytestmark = pytest.mark.django_db
TOKENS = "/w/northwind/tokens/"


@pytest.fixture
def admin(cast, client_of):
    return client_of(cast.admin)


def issue(client, **changed):
    given = {"label": "Claims pipeline", "agent": "", "scopes": ["memory:read"], "days": 30}
    return client.post(f"{TOKENS}issue/", given | changed)


class TestIssuing:
    def test_shows_the_secret_once(self, cast, admin):
        page = issue(admin)
        secret = re.search(r"dbk_[A-Za-z0-9_-]{43}", page.content.decode())[0]
        assert find_token(secret).scopes == [Scope.MEMORY_READ]
        assert secret not in admin.get(TOKENS).content.decode()
        assert page["Cache-Control"] == "no-store"

    def test_can_be_for_one_agent(self, cast, admin):
        issue(admin, agent="refund-desk")
        assert Token.objects.get(label="Claims pipeline").agent == cast.agent

    def test_offers_no_agent_of_another_workspace(self, admin):
        assert issue(admin, agent="other-desk").status_code == 422

    @pytest.mark.parametrize(
        "changed",
        [{"scopes": []}, {"scopes": ["decide"]}, {"days": 91}, {"days": 0}, {"label": ""}],
    )
    def test_refuses_bad_input_and_keeps_what_was_typed(self, admin, changed):
        page = issue(admin, **changed)
        assert page.status_code == 422
        assert not Token.objects.filter(label="Claims pipeline").exists()

    def test_refuses_a_label_with_hidden_characters(self, admin):
        page = issue(admin, label="Cla\u200bims")
        assert page.status_code == 422
        assert "hidden characters" in page.content.decode()


class TestThePage:
    def test_lists_live_tokens_by_their_beginning(self, cast, admin):
        page = admin.get(TOKENS).content.decode()
        assert cast.token[:12] in page
        assert cast.token not in page
        assert cast.other_token[:12] not in page

    def test_lists_what_ended_apart(self, cast, admin):
        token = Token.objects.get(agent=cast.agent)
        admin.post(f"{TOKENS}{token.public_id}/revoke/")
        page = admin.get(TOKENS).content.decode()
        assert "Revoked" in page
        assert page.count("/revoke/") == 0

    def test_lists_an_expired_one_as_ended(self, clock, cast, client_of):
        clock.advance(days=91)
        page = client_of(cast.admin).get(TOKENS).content.decode()
        assert "Expired" in page


class TestRevoking:
    def test_ends_the_token_at_once(self, cast, admin):
        token = Token.objects.get(agent=cast.agent)
        assert admin.post(f"{TOKENS}{token.public_id}/revoke/").url == TOKENS
        assert Token.objects.get(pk=token.pk).revoked_at is not None

    def test_a_token_of_another_workspace_is_not_there(self, cast, admin):
        token = Token.objects.get(agent=cast.other_agent)
        assert admin.post(f"{TOKENS}{token.public_id}/revoke/").status_code == 404
        assert Token.objects.get(pk=token.pk).revoked_at is None
