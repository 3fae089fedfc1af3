import pytest

from agents.freezes import freeze_agent, freeze_workspace
from agents.models import Agent, Workspace

pytestmark = pytest.mark.django_db
PLACE = "/w/northwind/workspace/"


def is_frozen(cast):
    return Workspace.objects.get(pk=cast.workspace.pk).frozen_at is not None


class TestFreezing:
    @pytest.mark.parametrize("who", ["lead", "admin"])
    def test_a_lead_or_an_admin_freezes_with_a_reason(self, cast, client_of, who):
        client = client_of(getattr(cast, who))
        assert client.post(f"{PLACE}freeze/", {"reason": "Odd writes"}).url == PLACE
        assert is_frozen(cast)

    def test_needs_a_reason(self, cast, client_of):
        answer = client_of(cast.lead).post(f"{PLACE}freeze/", {"reason": " "})
        assert answer.status_code == 422
        assert not is_frozen(cast)

    def test_a_lead_lifts_it(self, cast, client_of):
        freeze_workspace(cast.workspace, reason="Odd", by=cast.admin)
        client_of(cast.lead).post(f"{PLACE}unfreeze/", {"reason": "Looked at"})
        assert not is_frozen(cast)

    def test_an_admin_reads_that_a_lead_lifts_it_and_cannot(self, cast, client_of):
        freeze_workspace(cast.workspace, reason="Odd", by=cast.admin)
        client = client_of(cast.admin)
        assert "A lead lifts it." in client.get(PLACE).content.decode()
        assert client.post(f"{PLACE}unfreeze/", {"reason": "Over"}).status_code == 403
        assert is_frozen(cast)

    def test_every_page_says_so(self, cast, client_of):
        freeze_workspace(cast.workspace, reason="Odd", by=cast.lead)
        assert (
            "Northwind is frozen."
            in client_of(cast.admin).get("/w/northwind/people/").content.decode()
        )

    def test_one_agent_can_be_frozen_and_lifted(self, cast, client_of):
        lead = client_of(cast.lead)
        lead.post(f"{PLACE}agents/refund-desk/freeze/", {"reason": "Odd"})
        assert Agent.objects.get(pk=cast.agent.pk).frozen_at
        lead.post(f"{PLACE}agents/refund-desk/unfreeze/", {"reason": "Looked at"})
        assert Agent.objects.get(pk=cast.agent.pk).frozen_at is None

    def test_an_agent_of_another_workspace_is_not_there(self, cast, client_of):
        answer = client_of(cast.lead).post(f"{PLACE}agents/other-desk/freeze/", {"reason": "Odd"})
        assert answer.status_code == 404

    def test_the_page_offers_what_can_be_done_now(self, cast, client_of):
        freeze_agent(cast.agent, reason="Odd", by=cast.lead)
        page = client_of(cast.lead).get(PLACE).content.decode()
        assert "agents/refund-desk/unfreeze/" in page
        assert "agents/refund-desk/freeze/" not in page


class TestAgents:
    def test_an_admin_adds_one(self, cast, client_of):
        answer = client_of(cast.admin).post(
            f"{PLACE}agents/add/",
            {"slug": "claims", "name": "Claims review", "owner": cast.lead.public_id},
        )
        assert answer.url == PLACE
        agent = Agent.objects.get(slug="claims")
        assert (agent.name, agent.owner, agent.workspace) == (
            "Claims review",
            cast.lead,
            cast.workspace,
        )

    def test_a_bad_name_is_refused_and_kept(self, cast, client_of):
        page = client_of(cast.admin).post(f"{PLACE}agents/add/", {"slug": "two words"})
        assert page.status_code == 422
        assert 'value="two words"' in page.content.decode()

    def test_an_admin_says_who_answers_for_it(self, cast, client_of):
        client_of(cast.admin).post(
            f"{PLACE}agents/refund-desk/owner/", {"owner": cast.lead.public_id}
        )
        assert Agent.objects.get(pk=cast.agent.pk).owner == cast.lead

    def test_nobody_can_be_the_owner_again(self, cast, client_of):
        client = client_of(cast.admin)
        client.post(f"{PLACE}agents/refund-desk/owner/", {"owner": cast.lead.public_id})
        client.post(f"{PLACE}agents/refund-desk/owner/", {"owner": ""})
        assert Agent.objects.get(pk=cast.agent.pk).owner is None

    def test_an_owner_from_outside_is_refused(self, cast, client_of):
        answer = client_of(cast.admin).post(
            f"{PLACE}agents/refund-desk/owner/", {"owner": cast.outsider.public_id}
        )
        assert answer.status_code == 422

    def test_a_lead_sees_agents_and_adds_none(self, cast, client_of):
        page = client_of(cast.lead).get(PLACE).content.decode()
        assert "refund-desk" in page
        assert "Add an agent" not in page


class TestChecks:
    def test_a_lead_names_them_one_a_line(self, cast, client_of):
        lead = client_of(cast.lead)
        assert lead.post(f"{PLACE}checks/", {"names": "tests pass\r\nlint\r\n"}).url == PLACE
        assert Workspace.objects.get(pk=cast.workspace.pk).visible_checks == ["lint", "tests pass"]
        assert "lint\ntests pass\n</textarea>" in lead.get(PLACE).content.decode()

    def test_an_admin_is_not_offered_them(self, cast, client_of):
        assert "Set checks" not in client_of(cast.admin).get(PLACE).content.decode()


class TestWhatMayLeave:
    SENT = {"regions": "anthropic:us host:claude.example", "engines": "", "masked": ["e-mail"]}

    def boundary(self, cast):
        found = Workspace.objects.get(pk=cast.workspace.pk)
        return found.regions, found.engines, found.masked

    def test_an_admin_sets_it_on_the_page_and_reads_it_there(self, cast, client_of):
        client = client_of(cast.admin)
        assert client.post(f"{PLACE}boundary/", self.SENT).url == PLACE
        assert self.boundary(cast) == (["anthropic:us", "host:claude.example"], [], ["e-mail"])
        page = client.get(PLACE).content.decode()
        assert "anthropic:us host:claude.example" in page
        assert "Sessions may leave to: anthropic:us, host:claude.example." in page

    def test_nothing_named_lets_nothing_out(self, cast, client_of):
        client = client_of(cast.admin)
        client.post(f"{PLACE}boundary/", self.SENT)
        client.post(f"{PLACE}boundary/", {})
        assert self.boundary(cast) == ([], [], [])
        assert "Sessions may leave to: nowhere." in client.get(PLACE).content.decode()

    @pytest.mark.parametrize("wrong", [{"regions": "a/b"}, {"masked": ["shoe size"]}])
    def test_what_names_nothing_is_refused_and_nothing_is_half_set(self, cast, client_of, wrong):
        before = self.boundary(cast)
        answer = client_of(cast.admin).post(f"{PLACE}boundary/", self.SENT | wrong)
        assert answer.status_code == 422
        assert self.boundary(cast) == before

    def test_a_lead_does_not_see_the_form(self, cast, client_of):
        assert "boundary/" not in client_of(cast.lead).get(PLACE).content.decode()
