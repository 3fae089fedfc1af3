"""Forms of people, tokens and agents: what is typed, before a verb judges it."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from agents.models import Agent, Person, Scope, Workspace
from agents.people import NAME_LENGTH, people_with
from agents.qualifications import LONGEST_DAYS as LONGEST_QUALIFICATION_DAYS
from agents.qualifications import SHORTEST_DAYS
from agents.rights import Right, Role
from agents.tokens import LONGEST_DAYS
from agents.web.templatetags.daybreak import visible
from agents.workspaces import AGENT_SLUG_LENGTH

ROLES = (
    (Role.REVIEWER, _("Reviewer: decides proposals")),
    (Role.LEAD, _("Lead: reviewer who also starts dreams, contains and lifts freezes")),
    (Role.AUDITOR, _("Auditor: sees, verifies and exports; decides nothing")),
    (Role.ADMIN, _("Admin: people and tokens; sees no content")),
)
SCOPES = (
    (Scope.SESSIONS_WRITE, _("Send sessions")),
    (Scope.MEMORY_READ, _("Read approved memory")),
    (Scope.MEMORY_PROPOSE, _("Read and propose through the memory tool")),
)


class PersonForm(forms.Form):
    """Somebody to add."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        help_text=_("Decisions are signed with it in the log."),
    )
    email = forms.EmailField(label=_("Work e-mail"))
    role = forms.ChoiceField(label=_("Role"), choices=ROLES)


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label=_("Role"), choices=ROLES)


class PeopleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """People to tick, each by a name that hides nothing."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name as a page shows it."""
        return visible(obj)


class GroupForm(forms.Form):
    """An approver group: its name and everybody in it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("Rules name it: letters, digits and hyphens, like risk-desk."),
    )
    people = PeopleField(
        label=_("People"),
        queryset=Person.objects.none(),
        to_field_name="public_id",
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Reviewers and leads."),
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        # It stands beside the form of a person, which has a name of its own.
        kwargs["auto_id"] = "group_%s"
        super().__init__(*args, **kwargs)
        choose_from(self, "people", people_with(workspace, Right.DECIDE).order_by("name"))


class QualificationForm(forms.Form):
    """How long what is passed for a group holds."""

    days = forms.IntegerField(
        label=_("Days a qualification holds"),
        initial=365,
        min_value=SHORTEST_DAYS,
        max_value=LONGEST_QUALIFICATION_DAYS,
    )


class TokenForm(forms.Form):
    """A token to issue."""

    label = forms.CharField(
        label=_("Label"),
        max_length=NAME_LENGTH,
        help_text=_("What holds it: claims pipeline, production."),
    )
    agent = forms.ModelChoiceField(
        label=_("Agent"),
        queryset=Agent.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=_("Every agent of the workspace"),
    )
    scopes = forms.MultipleChoiceField(
        label=_("May"), choices=SCOPES, widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(
        label=_("Days until it expires"), initial=LONGEST_DAYS, min_value=1, max_value=LONGEST_DAYS
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "agent", Agent.objects.filter(workspace=workspace).order_by("name"))


class AgentForm(forms.Form):
    """An agent to add."""

    slug = forms.CharField(
        label=_("Short name"),
        max_length=AGENT_SLUG_LENGTH,
        help_text=_("Its stack names it so: letters, digits, hyphens and underscores."),
    )
    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH, required=False)
    purpose = forms.CharField(label=_("Purpose"), max_length=2_000, required=False)
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=Person.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=_("Nobody yet"),
        help_text=_("Who answers for it; never decides a disagreement about it."),
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "owner", owners_of(workspace))


class OwnerForm(forms.Form):
    """Who answers for an agent."""

    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=Person.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=_("Nobody"),
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
