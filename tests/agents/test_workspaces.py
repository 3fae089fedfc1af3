import pytest

from agents.errors import InvalidInput, NotAllowed
from agents.models import Agent, Channel, MemoryStore, Workspace
from agents.people import find_member
from agents.rights import Role
from agents.workspaces import create_agent, create_workspace, set_owner, set_visible_checks
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.bodies import commitments_of, read_body
from reviews.audit.models import Entry
from reviews.audit.values import open_values
from tests import build

pytestmark = pytest.mark.django_db


def found(slug="acme", **changed):
    given = {"name": "Acme", "admin_email": "ada@acme.example", "admin_name": "Ada"} | changed
    return create_workspace(slug, **given)


class TestCreateWorkspace:
    def test_has_a_shared_store_that_serves_an_empty_release(self):
        workspace = found().workspace
        channel = Channel.objects.get(store__workspace=workspace, store__agent=None)
        assert (channel.name, channel.release.sequence) == ("live", 0)
        assert channel.release.memory_count == 0

    def test_has_one_admin_with_a_one_time_path(self):
        founded = found()
        assert find_member(founded.admin.person, founded.workspace).role is Role.ADMIN
        assert founded.admin.path

    def test_the_founding_is_in_the_log_of_the_workspace(self):
        found()
        actions = Entry.objects.filter(workspace="acme").order_by("id")
        assert [entry.action for entry in actions] == [
            Action.WORKSPACE_CREATED,
            Action.STORE_CREATED,
            Action.PERSON_ADDED,
            Action.MEMBERSHIP_ADDED,
            Action.PERSON_INVITED,
        ]

    def test_somebody_who_exists_joins_with_the_account_they_have(self, cast):
        founded = found(admin_email=cast.lead.email)
        assert founded.admin.person == cast.lead
        assert founded.admin.path is None

    def test_refuses_a_taken_slug(self):
        found()
        with pytest.raises(InvalidInput, match="exists already"):
            found()

    @pytest.mark.parametrize("slug", ["", "Acme", "a b", "-a", "a--b", "ü", "a" * 61, "a/b", "a\n"])
    def test_refuses_a_slug_that_addresses_cannot_carry(self, slug):
        with pytest.raises(InvalidInput, match="cannot name a workspace"):
            found(slug)
        assert not Workspace.objects.exists()


class TestCreateAgent:
    def test_has_its_own_store(self, cast):
        agent = create_agent(cast.workspace, "claims-review", by=cast.admin)
        assert MemoryStore.objects.filter(agent=agent, channels__name="live").exists()
        assert agent.name == "claims-review"

    def test_keeps_what_is_known_about_it(self, cast):
        agent = create_agent(
            cast.workspace,
            "claims",
            name="Claims",
            owner=cast.lead,
            purpose="Quotes",
            by=cast.admin,
        )
        stored = Agent.objects.get(pk=agent.pk)
        assert (stored.owner, stored.purpose) == (cast.lead, "Quotes")

    def test_is_in_the_log_with_its_owner(self, cast):
        create_agent(cast.workspace, "claims", owner=cast.lead, by=cast.admin)
        body = read_body(Entry.objects.get(object="agent:claims").body)
        assert body["object"] == "agent:claims"
        assert body["after"] == {"owner": cast.lead.public_id}

    def test_the_importer_may_add_one_as_the_system(self, cast):
        assert create_agent(cast.workspace, "claims", by=SYSTEM).pk

    @pytest.mark.parametrize("who", ["reviewer", "lead", "auditor", "outsider"])
    def test_refuses_everybody_but_an_admin(self, cast, who):
        with pytest.raises(NotAllowed):
            create_agent(cast.workspace, "claims", by=getattr(cast, who))

    @pytest.mark.parametrize("slug", ["", "shared", "Shared", "new", "a b", "a/b", "..", "a" * 81])
    def test_refuses_a_slug_with_a_meaning_or_no_spelling(self, cast, slug):
        with pytest.raises(InvalidInput, match=r"cannot name an agent|can be called"):
            create_agent(cast.workspace, slug, by=cast.admin)

    @pytest.mark.parametrize("slug", ["gpt-4o__4trials", "A_1", "a--b"])
    def test_takes_the_names_that_files_of_sessions_have(self, cast, slug):
        assert create_agent(cast.workspace, slug, by=cast.admin).slug == slug

    def test_refuses_a_taken_slug(self, cast):
        with pytest.raises(InvalidInput, match="already has an agent"):
            create_agent(cast.workspace, cast.agent.slug, by=cast.admin)


class TestSetOwner:
    def test_changes_who_answers_for_it(self, cast):
        set_owner(cast.agent, cast.lead, by=cast.admin)
        assert Agent.objects.get(pk=cast.agent.pk).owner == cast.lead
        body = read_body(Entry.objects.get(action=Action.AGENT_CHANGED).body)
        assert body["after"] == {"owner": cast.lead.public_id}

    def test_the_same_owner_writes_nothing(self, cast):
        set_owner(cast.agent, None, by=cast.admin)
        assert not Entry.objects.filter(action=Action.AGENT_CHANGED).exists()

    @pytest.mark.parametrize("who", ["outsider", "admin"])
    def test_refuses_who_cannot_see_what_it_remembers(self, cast, who):
        with pytest.raises(InvalidInput, match="cannot own"):
            set_owner(cast.agent, getattr(cast, who), by=cast.admin)

    def test_refuses_a_lead(self, cast):
        with pytest.raises(NotAllowed):
            set_owner(cast.agent, cast.lead, by=cast.lead)


class TestVisibleChecks:
    def test_are_those_named_sorted_and_once(self, cast):
        set_visible_checks(cast.workspace, ["tests pass", " lint ", "lint", ""], by=cast.lead)
        stored = Workspace.objects.get(pk=cast.workspace.pk)
        assert stored.visible_checks == ["lint", "tests pass"]

    def test_are_none_until_named(self, cast):
        assert cast.workspace.visible_checks == []

    def test_are_in_the_log_with_their_names_as_a_value(self, cast):
        set_visible_checks(cast.workspace, ["tests pass"], by=cast.lead)
        entry = Entry.objects.get(action=Action.WORKSPACE_CHANGED)
        body = read_body(entry.body)
        assert (body["before"], body["after"]) == ({"visible_checks": 0}, {"visible_checks": 1})
        assert open_values(commitments_of(body)) | {"actor_name": ""} == {
            "actor_name": "",
            "visible_checks": "tests pass",
        }

    def test_the_same_names_write_nothing(self, cast):
        set_visible_checks(cast.workspace, [], by=cast.lead)
        assert not Entry.objects.filter(action=Action.WORKSPACE_CHANGED).exists()

    @pytest.mark.parametrize("names", [["x" * 201], [f"check {n}" for n in range(101)]])
    def test_have_limits(self, cast, names):
        with pytest.raises(InvalidInput, match="are the most"):
            set_visible_checks(cast.workspace, names, by=cast.lead)

    @pytest.mark.parametrize("who", ["reviewer", "auditor", "admin", "outsider"])
    def test_are_a_leads_to_name(self, cast, who):
        with pytest.raises(NotAllowed):
            set_visible_checks(cast.workspace, ["lint"], by=getattr(cast, who))


def test_two_workspaces_may_have_agents_of_one_slug(cast):
    other = build.workspace("third")
    assert create_agent(other, cast.agent.slug, by=SYSTEM).pk != cast.agent.pk
