"""Dreams: the list with what starts them, and the page of one with its live progress."""

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents import clock
from agents.access import member_page, name_in_addresses, stores_of
from agents.errors import AgentsError
from agents.http import MemberRequest
from agents.models import Session
from agents.prepared import Prepared, Slot
from agents.rights import Right
from agents.web.paging import page_of
from dreaming import answers, dreams, schedules
from dreaming.dreams import UNFINISHED, Wish
from dreaming.errors import DreamingError
from dreaming.forms import DreamForm, store_label
from dreaming.loss import LOSS_LIMIT
from dreaming.models import Dream, DreamState, Schedule
from dreaming.views import report
from dreaming.views.rows import (
    STATE_ICONS,
    stages_of,
    standing_words,
)
from dreaming.views.schedules import slot_words, words_of


@require_GET
@member_page(Right.SEE_DREAMS)
def dreams_list(request: MemberRequest) -> HttpResponse:
    return list_page(request, DreamForm(workspace=request.workspace))


@require_POST
@member_page(Right.START_DREAMS)
def dream_start(request: MemberRequest) -> HttpResponse:
    form = DreamForm(request.POST, workspace=request.workspace)
    if form.is_valid():
        wish = Wish(
            engine=form.cleaned_data["engine"],
            started_by=request.person,
            instructions=form.cleaned_data["instructions"],
            asks_first=form.cleaned_data["asks_first"],
        )
        try:
            dream = dreams.start_dream(form.cleaned_data["store"], wish)
        except DreamingError as error:
            form.add_error(None, str(error))
        else:
            return redirect("dream", request.workspace.slug, dream.number)
    return list_page(request, form, status=422)


@require_GET
@member_page(Right.SEE_DREAMS)
def dream_page(request: MemberRequest, number: int) -> HttpResponse:
    return render(request, "dreaming/dream.html", dream_context(request, number))


@require_GET
@member_page(Right.SEE_DREAMS)
def dream_progress(request: MemberRequest, number: int) -> HttpResponse:
    """The polled piece; when the dream has ended, the browser is sent to the whole page."""
    dream = dream_of(request, number)
    if not request.htmx:
        return redirect("dream", request.workspace.slug, number)
    if dream.state not in UNFINISHED:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    context = progress_context(request, dream)
    return render(request, "dreaming/dream.html#progress", context)


@require_POST
@member_page(Right.START_DREAMS)
def dream_cancel(request: MemberRequest, number: int) -> HttpResponse:
    try:
        dream = dreams.cancel_dream(dream_of(request, number), by=request.member)
    except DreamingError as error:
        messages.error(request, str(error))
    else:
        is_over = dream.state == DreamState.CANCELLED
        words = (
            _("{dream} is cancelled. Nothing more is filed.")
            if is_over
            else _("{dream} is being cancelled. Nothing more is filed.")
        )
        messages.info(request, words.format(dream=dream))
    return redirect("dream", request.workspace.slug, number)


@require_POST
@member_page(Right.START_DREAMS)
def dream_agree(request: MemberRequest, number: int) -> HttpResponse:
    try:
        dream = answers.agree(dream_of(request, number), by=request.member)
    except DreamingError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, _("{dream} goes on within its estimate.").format(dream=dream))
    return redirect("dream", request.workspace.slug, number)


@require_POST
@member_page(Right.DECIDE)
def dream_admit(request: MemberRequest, number: int) -> HttpResponse:
    try:
        dream = dreams.admit_dream(dream_of(request, number), by=request.member)
    except (DreamingError, AgentsError) as error:
        messages.error(request, str(error))
    else:
        done = dream.state == DreamState.COMPLETED
        words = (
            _("You let {dream} through. Its changes are in the queue.")
            if done
            else _("You let {dream} through. One more person must agree.")
        )
        messages.info(request, words.format(dream=dream))
    return redirect("dream", request.workspace.slug, number)


@Prepared
def _dream_at(workspace: Slot, number: Slot) -> QuerySet[Dream]:
    rows = Dream.objects.filter(workspace=workspace, number=number)
    return rows.select_related("store__agent", "started_by", "schedule").order_by("pk")


def dream_of(request: MemberRequest, number: int) -> Dream:
    """Return the workspace's dream D-`number`, or raise Http404.

    Asked anew by every tick, so it brings along no more than a tick shows.
    """
    dream = _dream_at.first(workspace=request.workspace.pk, number=number)
    if dream is None:
        raise Http404(f"{request.workspace.name} has no dream D-{number}.")
    dream.workspace = request.workspace
    return dream


def list_page(request: MemberRequest, form: DreamForm, status: int = 200) -> HttpResponse:
    """Render the list with the forms that start dreams."""
    rows = Dream.objects.filter(workspace=request.workspace).select_related(
        "store__agent", "started_by", "schedule"
    )
    # What a schedule skips each hour would fill the list between two dreams a night apart.
    skipped = Q(state=DreamState.SKIPPED, schedule__isnull=False)
    shows_skipped = request.GET.get("skipped") == "shown"
    listed = rows if shows_skipped else rows.exclude(skipped)
    page = page_of(listed, order=("-number",), cursor=request.GET.get("at", ""), size=30)
    now = clock.now()
    plans = {row.store_id: row for row in Schedule.objects.filter(workspace=request.workspace)}
    stores = [
        {
            "store": store,
            "name": name_in_addresses(store),
            "label": store_label(store),
            "plan": (plan := plans.get(store.pk)),
            "words": words_of(plan) if plan else "",
            "next": schedules.next_start(plan, now) if plan else None,
        }
        for store in stores_of(request.workspace)
    ]
    context = {
        "page": page,
        "rows": [row_of(dream) for dream in page.items],
        "skipped": rows.filter(skipped).count(),
        "shows_skipped": shows_skipped,
        "form": form,
        "stores": stores,
        "has_sessions": Session.objects.filter(workspace=request.workspace).exists(),
        "may_start": request.member.may(Right.START_DREAMS),
    }
    return render(request, "dreaming/dreams.html", context, status=status)


def row_of(dream: Dream) -> dict[str, Any]:
    """Return what the list shows of a dream."""
    return {
        "dream": dream,
        "label": store_label(dream.store),
        "icon": STATE_ICONS[DreamState(dream.state)],
        "filed": sum(one["status"] == "filed" for one in dream.proposed),
    }


def progress_context(request: MemberRequest, dream: Dream) -> dict[str, Any]:
    """Return what the polled piece shows."""
    now = clock.now()
    return {
        "dream": dream,
        "may_cancel": request.member.may(Right.START_DREAMS),
        "stages": stages_of(dream, now),
        "standing": standing_words(dream, now),
        "icon": STATE_ICONS[DreamState(dream.state)],
        "is_running": dream.state in UNFINISHED,
        "is_asking": dream.state == DreamState.QUEUED and dream.asked_at is not None,
        "why_not_agree": answers.why_not_agree(dream, request.member),
        "label": store_label(dream.store),
    }


def dream_context(request: MemberRequest, number: int) -> dict[str, Any]:
    """Return everything the page of one dream shows."""
    dream = dream_of(request, number)
    return {
        **progress_context(request, dream),
        **report.context_of(dream, request.GET.get("only", ""), request.GET.get("at", "")),
        "slot": slot_words(dream),
        "loss_limit": round(100 * LOSS_LIMIT),
        "may_decide": request.member.may(Right.DECIDE),
        "why_not_admit": dreams.why_not_admit(dream, request.member),
        "may_start": request.member.may(Right.START_DREAMS),
    }
