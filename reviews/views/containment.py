"""Containment: rolling back and restoring by one lead, answered by another person."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents.access import member_page, memory_of, store_of
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.people import require_right
from agents.releases import find_release
from agents.rights import Right
from agents.web.ids import parse_id
from reviews import containment as containments
from reviews.access import containment_of
from reviews.errors import InvalidChange, MayNotDecide, ReasonMissing, StaleProposal
from reviews.forms import AnswerForm, RestoreForm, RollBackForm
from reviews.lines import containment_title, containment_url
from reviews.models import Containment
from reviews.texts import MOST_PATHS, ChangedText, texts_between
from reviews.views.desk import SeeOther, desk_of


@require_http_methods(["GET", "POST"])
@member_page(Right.SEE_QUEUE)
def containment(request: MemberRequest, number: int) -> HttpResponse:
    found = containment_of(request.member, number)
    if request.method == "GET":
        return containment_page(request, found, AnswerForm())
    require_right(request.member, Right.DECIDE)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return containment_page(request, found, form, status=422)
    try:
        answered = containments.answer(found, by=request.member, **form.cleaned_data)
    except ReasonMissing as error:
        form.add_error("reason", str(error))
        return containment_page(request, found, form, status=422)
    except (StaleProposal, MayNotDecide) as error:
        status = 409 if isinstance(error, StaleProposal) else 403
        return containment_page(
            request, containment_of(request.member, number), form, status=status, words=str(error)
        )
    words = (
        _("{title}: confirmed.")
        if answered.answer == containments.CONFIRMED
        else _("{title}: reversed.")
    )
    messages.info(request, words.format(title=containment_title(answered)))
    return SeeOther(desk_of(request).address("queue"))


def containment_page(
    request: MemberRequest, found: Containment, form: AnswerForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    """Answer with what was done, the texts it changed, and the two answers."""
    changed: tuple[ChangedText, ...] = ()
    if found.release and found.release_before:
        changed = texts_between(found.release_before, found.release)
    context = {
        "containment": found,
        "title": containment_title(found),
        "changed": changed[:MOST_PATHS],
        "left": max(0, len(changed) - MOST_PATHS),
        "form": form,
        "is_own": found.by_id == request.person.pk,
        "may_answer": request.member.may(Right.DECIDE) and not found.answer,
        **more,
    }
    return render(request, "reviews/containment.html", context, status=status)


@require_POST
@member_page(Right.CONTAIN)
def roll_back(request: MemberRequest, agent: str) -> HttpResponse:
    store = store_of(request.member, agent)
    form = RollBackForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("Choose a release, R-14 for instance, and say why.")
    number = parse_id(f"R-{form.cleaned_data['release'].lstrip('Rr-')}", expected="R").number
    made = containments.roll_back(
        store,
        find_release(store, number),
        by=request.member,
        reason=form.cleaned_data["reason"],
    )
    return contained(request, made)


@require_POST
@member_page(Right.CONTAIN)
def restore_version(request: MemberRequest, number: int) -> HttpResponse:
    memory = memory_of(request.member, number)
    form = RestoreForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("Choose a version by its number, and say why it is restored.")
    version = memory.versions.filter(number=form.cleaned_data["version"]).first()
    if version is None:
        raise InvalidChange(f"{memory} has no version {form.cleaned_data['version']}.")
    made = containments.restore_version(
        memory, version, by=request.member, reason=form.cleaned_data["reason"]
    )
    return contained(request, made)


def contained(request: MemberRequest, made: Containment) -> HttpResponse:
    """Show what was done; another person confirms or reverses it."""
    words = _("{title}. Another person confirms it in 48 h.")
    messages.info(request, words.format(title=containment_title(made)))
    return SeeOther(containment_url(made, desk_of(request).address))
