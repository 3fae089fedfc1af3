"""Forms of people, tokens and agents: what is typed, before a verb judges it."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from agents.models import Agent, Person, Scope, Workspace
from agents.people import NAME_LENGTH, people_with
from agents.rights import Right, Role
from agents.tokens import LONGEST_DAYS
from agents.workspaces import AGENT_SLUG_LENGTH

ROLES = (
    (Role.REVIEWER, "Reviewer: decides proposals"),
    (Role.LEAD, "Lead: reviewer who also starts dreams, contains and lifts freezes"),
    (Role.AUDITOR, "Auditor: sees, verifies and exports; decides nothing"),
    (Role.ADMIN, "Admin: people and tokens; sees no content"),
)
SCOPES = (
    (Scope.SESSIONS_WRITE, "Send sessions"),
    (Scope.MEMORY_READ, "Read approved memory"),
)


class PersonForm(forms.Form):
    """Somebody to add."""

    name = forms.CharField(
        max_length=NAME_LENGTH, help_text="Decisions are signed with it in the log."
    )
    email = forms.EmailField(label="Work e-mail")
    role = forms.ChoiceField(choices=ROLES)


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(choices=ROLES)


class GroupForm(forms.Form):
    """An approver group: its name and everybody in it."""

    name = forms.CharField(
        max_length=60, help_text="Rules name it: letters, digits and hyphens, like risk-desk."
    )
    people = forms.ModelMultipleChoiceField(
        queryset=Person.objects.none(),
        to_field_name="public_id",
        widget=forms.CheckboxSelectMultiple,
        help_text="Reviewers and leads.",
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        # It stands beside the form of a person, which has a name of its own.
        kwargs["auto_id"] = "group_%s"
        super().__init__(*args, **kwargs)
        choose_from(self, "people", people_with(workspace, Right.DECIDE).order_by("name"))


class TokenForm(forms.Form):
    """A token to issue."""

    label = forms.CharField(
        max_length=NAME_LENGTH, help_text="What holds it: claims pipeline, production."
    )
    agent = forms.ModelChoiceField(
        queryset=Agent.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label="Every agent of the workspace",
    )
    scopes = forms.MultipleChoiceField(
        label="May", choices=SCOPES, widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(
        label="Days until it expires", initial=LONGEST_DAYS, min_value=1, max_value=LONGEST_DAYS
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "agent", Agent.objects.filter(workspace=workspace).order_by("name"))


class AgentForm(forms.Form):
    """An agent to add."""

    slug = forms.CharField(
        label="Short name",
        max_length=AGENT_SLUG_LENGTH,
        help_text="Its stack names it so: letters, digits, hyphens and underscores.",
    )
    name = forms.CharField(max_length=NAME_LENGTH, required=False)
    purpose = forms.CharField(max_length=2_000, required=False)
    owner = forms.ModelChoiceField(
        queryset=Person.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label="Nobody yet",
        help_text="Who answers for it; never decides a disagreement about it.",
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "owner", owners_of(workspace))


class OwnerForm(forms.Form):
    """Who answers for an agent."""

    owner = forms.ModelChoiceField(
        queryset=Person.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label="Nobody",
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "owner", owners_of(workspace))


def owners_of(workspace: Workspace) -> QuerySet[Person]:
    """Return who may own an agent: whoever may see what it remembers."""
    return people_with(workspace, Right.SEE_MEMORY).order_by("name")


def choose_from(form: forms.Form, name: str, rows: QuerySet[Any]) -> None:
    """Let the choice field `name` offer the rows of this workspace only."""
    field = form.fields[name]
    if not isinstance(field, forms.ModelChoiceField):
        raise TypeError(f"{name} is not a choice among rows")
    field.queryset = rows
