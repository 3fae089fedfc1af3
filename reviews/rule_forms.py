"""What is typed of an approval rule, before a verb judges it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agents.access import SHARED
from agents.models import Agent, ApproverGroup, Workspace
from reviews.approval_rules import (
    MAX_APPROVALS,
    OP_WORDS,
    TRAIT_WORDS,
    Mode,
    Rule,
    Trait,
)
from reviews.changes import Op
from reviews.forms import reason_field
from reviews.rule_changes import Told

if TYPE_CHECKING:
    from reviews.forms import Words

EVERY = "*"
ANYONE = "anyone"
OF_GROUP = "of_"
MODES = ((Mode.PEOPLE.value, _("People decide")), (Mode.AUTOMATIC.value, _("The rule decides")))
RISKS = (("low", _("low")), ("medium", _("medium")), ("high", _("high")))


def count_field(label: "Words") -> forms.IntegerField:
    """Return a field for how many approvals are asked for; empty is none."""
    return forms.IntegerField(label=label, min_value=0, max_value=MAX_APPROVALS, required=False)


def checks(
    label: "Words", choices: Sequence[tuple[str, "Words"]], help_text: "Words"
) -> forms.MultipleChoiceField:
    """Return a field in which none chosen means all."""
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=help_text,
    )


class RuleForm(forms.Form):
    """An approval rule as it should be, where it should stand, and why.

    warned: what the page had said when nobody present can satisfy it.
    """

    name = forms.SlugField(
        label=_("Name"),
        max_length=80,
        help_text=_("Small letters, digits and hyphens: money-moves. A rule keeps its name."),
    )
    agent = forms.ChoiceField(label=_("Memory of"))
    path_prefix = forms.CharField(
        label=_("Path begins with"),
        max_length=1_024,
        required=False,
        help_text=_("/refunds/ for instance. Leave it empty for every path."),
    )
    ops = checks(
        _("Kinds of change"), [(op, OP_WORDS[op]) for op in Op], _("None chosen: every kind.")
    )
    risks = checks(_("Risk"), list(RISKS), _("None chosen: every risk."))
    traits = checks(
        _("With any of"),
        [(trait, TRAIT_WORDS[trait]) for trait in Trait],
        _("None chosen: whatever the text holds."),
    )
    mode = forms.ChoiceField(
        label=_("Who settles it"),
        choices=MODES,
        widget=forms.RadioSelect,
        help_text=_("A rule alone may only fold memories whose texts are identical."),
    )
    place = forms.IntegerField(
        label=_("Place in the order"),
        min_value=1,
        max_value=10_000,
        help_text=_("Of rules that ask for as much, a change is named after the first."),
    )
    reason = reason_field(
        _("Why the rule changes"), required=True, help_text=_("An admin decides on it.")
    )
    warned = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        workspace: Workspace,
        rule: Rule | None = None,
        place: int = 1,
    ) -> None:
        self.groups = tuple(
            ApproverGroup.objects.filter(workspace=workspace)
            .order_by("name")
            .values_list("name", flat=True)
        )
        super().__init__(data, initial=first_values(rule, place))
        self.present = rule
        agents = Agent.objects.filter(workspace=workspace).order_by("name")
        field = self.fields["agent"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [
                (EVERY, _("Every agent, and the shared memory")),
                (SHARED, _("The shared memory")),
                *agents.values_list("slug", "name"),
            ]
        self.fields[ANYONE] = count_field(_("of anyone who may decide"))
        for group in self.groups:
            self.fields[OF_GROUP + group] = count_field(_("of %(group)s") % {"group": group})
        if rule is not None:
            # It is the rule's name for ever: another name is another rule.
            del self.fields["name"]

    def counts(self) -> list[forms.BoundField]:
        """Return the fields that say how many approvals, anyone's first."""
        return [self[name] for name in (ANYONE, *(OF_GROUP + group for group in self.groups))]

    def rule(self) -> Rule:
        """Return what was typed as a rule. Raises InvalidRule for one that asks for nothing."""
        given = self.cleaned_data
        named = [(group, given[OF_GROUP + group] or 0) for group in self.groups]
        needs = [(group, count) for group, count in (*named, (None, given[ANYONE] or 0)) if count]
        return Rule(
            name=self.present.name if self.present else given["name"],
            needs=tuple(needs),
            agent="" if given["agent"] == SHARED else given["agent"],
            path_prefix=given["path_prefix"],
            ops=frozenset(Op(op) for op in given["ops"]),
            risks=frozenset(given["risks"]),
            traits=frozenset(Trait(trait) for trait in given["traits"]),
            mode=Mode(given["mode"]),
        )

    def told(self) -> Told:
        """Return the reason, and the warning the page had shown."""
        return Told(self.cleaned_data["reason"], self.cleaned_data["warned"])


def first_values(rule: Rule | None, place: int) -> dict[str, Any]:
    """Return what the form shows before anything is typed: the rule in force, else one approval."""
    if rule is None:
        return {"agent": EVERY, "mode": Mode.PEOPLE.value, ANYONE: 1, "place": place}
    needs = {(OF_GROUP + group if group else ANYONE): count for group, count in rule.needs}
    return {
        "agent": rule.agent or SHARED,
        "path_prefix": rule.path_prefix,
        "ops": sorted(rule.ops),
        "risks": sorted(rule.risks),
        "traits": sorted(rule.traits),
        "mode": rule.mode.value,
        "place": place,
        **needs,
    }


class AnswerChangeForm(forms.Form):
    """The answer to a change of a rule. warned: as RuleForm."""

    reason = reason_field(_("Reason"), required=False, help_text=_("Needed to refuse."))
    warned = forms.CharField(required=False, widget=forms.HiddenInput)


class RetireRuleForm(forms.Form):
    """Why a rule is taken out of force. warned: as RuleForm."""

    reason = reason_field(
        _("Why it is retired"), required=True, help_text=_("An admin decides on it.")
    )
    warned = forms.CharField(required=False, widget=forms.HiddenInput)
