"""Changing a rule: the form, its dry run, and the page on which another person answers."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agents.access import member_page
from agents.http import MemberRequest
from agents.rights import Right
from reviews import rule_changes
from reviews.approval_rules import InvalidRule, Rule
from reviews.errors import MayNotDecide, ReasonMissing, StaleRule
from reviews.models import RuleChange, RuleChangeState
from reviews.rehearsal import Fate, Rehearsal
from reviews.rule_changes import Told, Unsatisfiable, proposed_rule, rehearse_rules, rules_with
from reviews.rule_forms import AnswerChangeForm, RetireRuleForm, RuleForm
from reviews.rules import rules_of
from reviews.views.desk import SeeOther
from reviews.views.rules import (
    agent_names,
    changes_of,
    facets_of_change,
    lines_of,
    rule_page,
)

REFUSALS = (InvalidRule, ReasonMissing, StaleRule)
STATUSES = ((StaleRule, 409), (MayNotDecide, 403))


@require_http_methods(["GET", "POST"])
@member_page(Right.PROPOSE_RULES)
def rule_new(request: MemberRequest) -> HttpResponse:
    return propose(request, None)


@require_http_methods(["GET", "POST"])
@member_page(Right.PROPOSE_RULES)
def rule_propose(request: MemberRequest, rule: str) -> HttpResponse:
    found = next((one for one in rules_of(request.workspace) if one.name == rule), None)
    if found is None:
        raise Http404(f"{request.workspace.name} has no rule {rule} in force.")
    return propose(request, found)


def propose(request: MemberRequest, present: Rule | None) -> HttpResponse:
    """Show the form, try what is typed on what was filed, or propose it."""
    found = rules_of(request.workspace)
    place = found.index(present) + 1 if present else len(found) + 1
    if request.method == "GET":
        return form_page(request, RuleForm(workspace=request.workspace, rule=present, place=place))
    form = RuleForm(request.POST, workspace=request.workspace, rule=present, place=place)
    is_trial = "try" in request.POST
    if is_trial:
        form.fields["reason"].required = False
    if not form.is_valid():
        return form_page(request, form, status=422)
    try:
        rule = form.rule()
        if is_trial:
            return trial_page(request, form, rule, found)
        place = form.cleaned_data["place"]
        made = rule_changes.propose_rule(
            request.workspace, rule, place=place, told=form.told(), by=request.member
        )
    except Unsatisfiable as warning:
        return form_page(request, form, status=422, warning=str(warning))
    except REFUSALS as error:
        form.add_error(None, str(error))
        return form_page(request, form, status=422)
    return proposed(request, made)


def form_page(
    request: MemberRequest, form: RuleForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    """Answer with the form and what was typed in it."""
    context = {"form": form, "present": form.present, **more}
    return render(request, "reviews/rule_form.html", context, status=status)


def trial_page(
    request: MemberRequest, form: RuleForm, rule: Rule, found: tuple[Rule, ...]
) -> HttpResponse:
    """Answer with the rule in words and what it would have asked; nothing is kept."""
    drafted = rules_with(found, rule.name, rule, form.cleaned_data["place"])
    context = {
        "form": form,
        "present": form.present,
        "line": lines_of(request.workspace, (rule,))[0],
        **rehearsal_context(rehearse_rules(request.workspace, drafted)),
    }
    name = "reviews/rule_form.html#trial" if request.htmx else "reviews/rule_form.html"
    return render(request, name, context)


@require_POST
@member_page(Right.PROPOSE_RULES)
def rule_retire(request: MemberRequest, rule: str) -> HttpResponse:
    form = RetireRuleForm(request.POST)
    if not form.is_valid():
        return rule_page(request, rule, form, status=422)
    told = Told(form.cleaned_data["reason"], form.cleaned_data["warned"])
    try:
        made = rule_changes.propose_retirement(
            request.workspace, rule, told=told, by=request.member
        )
    except Unsatisfiable as warning:
        return rule_page(request, rule, form, status=422, warning=str(warning))
    except REFUSALS as error:
        form.add_error(None, str(error))
        return rule_page(request, rule, form, status=422)
    return proposed(request, made)


def proposed(request: MemberRequest, made: RuleChange) -> HttpResponse:
    """Show the change that waits now."""
    messages.info(
        request,
        _("Change {number} of {name} waits for an admin.").format(
            number=made.number, name=made.name
        ),
    )
    return SeeOther(reverse("rule_change", args=[request.workspace.slug, made.name, made.number]))


@require_GET
@member_page(Right.READ_RULES)
def rule_change(request: MemberRequest, rule: str, number: int) -> HttpResponse:
    return change_page(request, change_of(request, rule, number), AnswerChangeForm())


@require_POST
@member_page(Right.APPLY_RULES)
def rule_apply(request: MemberRequest, rule: str, number: int) -> HttpResponse:
    change = change_of(request, rule, number)
    form = AnswerChangeForm(request.POST)
    if not form.is_valid():
        return change_page(request, change, form, status=422)
    try:
        version = rule_changes.apply_change(
            change, warned=form.cleaned_data["warned"], by=request.member
        )
    except Unsatisfiable:
        return change_page(request, change, form, status=422)
    except (*REFUSALS, MayNotDecide) as error:
        return not_recorded(request, rule, number, error)
    messages.info(
        request,
        _("Version {number} of {rule} is in force.").format(number=version.number, rule=rule),
    )
    return SeeOther(reverse("rule", args=[request.workspace.slug, rule]))


@require_POST
@member_page(Right.APPLY_RULES)
def rule_refuse(request: MemberRequest, rule: str, number: int) -> HttpResponse:
    form = AnswerChangeForm(request.POST)
    change = change_of(request, rule, number)
    if not form.is_valid():
        return change_page(request, change, form, status=422)
    try:
        rule_changes.refuse_change(change, reason=form.cleaned_data["reason"], by=request.member)
    except ReasonMissing as error:
        form.add_error("reason", str(error))
        return change_page(request, change, form, status=422)
    except (StaleRule, MayNotDecide) as error:
        return not_recorded(request, rule, number, error)
    messages.info(
        request, _("Change {number} of {rule} is refused.").format(number=number, rule=rule)
    )
    return SeeOther(reverse("rules", args=[request.workspace.slug]))


@require_POST
@member_page(Right.PROPOSE_RULES)
def rule_withdraw(request: MemberRequest, rule: str, number: int) -> HttpResponse:
    reason = request.POST.get("reason", "").replace("\0", "")
    try:
        rule_changes.withdraw_change(
            change_of(request, rule, number), reason=reason, by=request.member
        )
    except (StaleRule, MayNotDecide) as error:
        return not_recorded(request, rule, number, error)
    messages.info(
        request, _("Change {number} of {rule} is withdrawn.").format(number=number, rule=rule)
    )
    return SeeOther(reverse("rules", args=[request.workspace.slug]))


def not_recorded(request: MemberRequest, rule: str, number: int, error: Exception) -> HttpResponse:
    """Answer with the change as it is now, and why the answer was not recorded."""
    status = (
        409 if isinstance(error, StaleRule) else 403 if isinstance(error, MayNotDecide) else 422
    )
    change = change_of(request, rule, number)
    return change_page(request, change, AnswerChangeForm(), status=status, words=str(error))


def change_of(request: MemberRequest, name: str, number: int) -> RuleChange:
    """Return change `number` of the rule called `name` in the workspace, or raise Http404."""
    found = changes_of(request.workspace).filter(name=name, number=number).first()
    if not isinstance(found, RuleChange):
        raise Http404(f"{request.workspace.name} has no change {number} of a rule {name}.")
    return found


def change_page(
    request: MemberRequest,
    change: RuleChange,
    form: AnswerChangeForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Answer with what is proposed beside what is in force.

    With ?tried also with what it would have asked of what was filed, to htmx that alone.
    """
    present = rules_of(request.workspace)
    rule = proposed_rule(change)
    is_open = change.state == RuleChangeState.PENDING
    is_tried = is_open and request.method == "GET" and "tried" in request.GET
    tried = {}
    if is_tried:
        drafted = rules_with(present, change.name, rule, change.place)
        tried = rehearsal_context(rehearse_rules(request.workspace, drafted))
        if request.htmx:
            return render(
                request, "reviews/rule_change.html#rehearsal", {"change": change, **tried}
            )
    needs = rule_changes.asked_of_people(rule)
    context = {
        "change": change,
        "facets": facets_of_change(change, present, agent_names(request.workspace)),
        "line": lines_of(request.workspace, (rule,))[0] if rule else None,
        "warning": rule_changes.warning_of(request.workspace, needs) if is_open else "",
        "is_open": is_open,
        "is_own": change.proposed_by_id == request.person.pk,
        "may_answer": is_open and request.member.may(Right.APPLY_RULES),
        "form": form,
        **tried,
        **more,
    }
    return render(request, "reviews/rule_change.html", context, status=status)


FATES = (
    (Fate.MORE, "would need more approvals"),
    (Fate.FEWER, "would need fewer approvals"),
    (Fate.OTHERS, "would need as many, of other people"),
    (Fate.BY_RULE, "would be settled by a rule, where people were asked"),
    (Fate.BY_PEOPLE, "would go to people, where a rule settled them"),
    (Fate.SAME, "would be asked for the same"),
)
"""In the order of the page: what loosens and tightens first, what stays last."""


def rehearsal_context(rehearsal: Rehearsal) -> dict[str, Any]:
    """Return what the pages show of a dry run."""
    counts = [(rehearsal.counts[fate], words, fate) for fate, words in FATES]
    return {
        "rehearsal": rehearsal,
        "counts": [one for one in counts if one[0] or one[2] in {Fate.MORE, Fate.FEWER, Fate.SAME}],
        "days": rule_changes.REHEARSED_DAYS,
        "most": rule_changes.MOST_REHEARSED,
    }
