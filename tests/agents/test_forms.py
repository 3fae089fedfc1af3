"""What is typed into the forms of people, tokens and agents, before a verb judges it."""

import pytest

from agents.forms import (
    ROLES,
    SCOPES,
    AgentForm,
    GroupForm,
    PersonForm,
    QualificationForm,
    RoleForm,
    TokenForm,
)
from agents.models import Person, Scope
from agents.rights import Role

PERSON = {"name": "Rita", "email": "rita@x.example", "role": "lead"}
TOKEN = {"label": "Pipeline", "scopes": ["memory:read"], "days": "30"}

pytestmark = pytest.mark.django_db


def test_every_role_and_every_scope_can_be_chosen():
    assert {role for role, _ in ROLES} == set(Role)
    assert {scope for scope, _ in SCOPES} == set(Scope)


def test_a_person_has_a_name_an_address_and_a_role():
    form = PersonForm(PERSON)
    assert form.is_valid()
    assert form.cleaned_data == PERSON


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"email": "rita"}, "email"),
        ({"email": ""}, "email"),
        ({"role": "owner"}, "role"),
    ],
)
def test_what_is_missing_or_wrong_is_said_at_its_field(wrong, field):
    form = PersonForm(PERSON | wrong)
    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_a_role_is_one_of_four():
    assert RoleForm({"role": "auditor"}).is_valid()
    assert not RoleForm({"role": "superuser"}).is_valid()


def test_a_group_is_of_people_who_decide_here(cast):
    people = [cast.reviewer.public_id, cast.lead.public_id]
    form = GroupForm({"name": "risk", "people": people}, workspace=cast.workspace)
    assert form.is_valid()
    assert set(form.cleaned_data["people"]) == {cast.reviewer, cast.lead}


@pytest.mark.parametrize("who", ["auditor", "admin", "outsider"])
def test_who_does_not_decide_here_is_in_no_group(cast, who):
    people = [getattr(cast, who).public_id]
    form = GroupForm({"name": "risk", "people": people}, workspace=cast.workspace)
    assert list(form.errors) == ["people"]


def test_a_name_that_hides_something_is_shown_with_it(cast):
    Person.objects.filter(pk=cast.lead.pk).update(name="Eve\u202egnp")
    labels = [label for _, label in GroupForm(workspace=cast.workspace).fields["people"].choices]
    assert any("U+202E" in label for label in labels)


@pytest.mark.parametrize(("days", "is_fine"), [("365", True), ("0", False), ("x", False)])
def test_a_qualification_holds_for_days(days, is_fine):
    assert QualificationForm({"days": days}).is_valid() is is_fine


def test_a_token_is_for_one_agent_or_for_all(cast):
    everywhere = TokenForm(TOKEN, workspace=cast.workspace)
    assert everywhere.is_valid()
    assert everywhere.cleaned_data["agent"] is None
    one = TokenForm(TOKEN | {"agent": cast.agent.slug}, workspace=cast.workspace)
    assert one.is_valid()
    assert one.cleaned_data["agent"] == cast.agent


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"label": ""}, "label"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["decide"]}, "scopes"),
        ({"agent": "other-desk"}, "agent"),
        ({"days": "0"}, "days"),
        ({"days": "100000"}, "days"),
    ],
)
def test_a_token_that_cannot_be_is_refused_at_its_field(cast, wrong, field):
    form = TokenForm(TOKEN | wrong, workspace=cast.workspace)
    assert list(form.errors) == [field]


def test_an_agent_is_owned_by_somebody_of_the_workspace_or_by_nobody_yet(cast):
    assert AgentForm({"slug": "claims"}, workspace=cast.workspace).is_valid()
    owned = {"slug": "claims", "owner": cast.lead.public_id}
    assert AgentForm(owned, workspace=cast.workspace).is_valid()
    foreign = {"slug": "claims", "owner": cast.outsider.public_id}
    assert list(AgentForm(foreign, workspace=cast.workspace).errors) == ["owner"]
