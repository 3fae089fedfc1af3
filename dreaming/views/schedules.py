"""When a memory dreams by itself: its page with what would happen now, and pausing them all."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents import clock
from agents.access import member_page, store_of
from agents.errors import BadTimes
from agents.http import MemberRequest
from agents.models import MemoryStore
from agents.pauses import pause_workspace, resume_workspace
from agents.rights import Right
from agents.slots import explain, read_slot, zone_of
from agents.zones import zone_names
from dreaming import schedules
from dreaming.errors import DreamingError
from dreaming.forms import ScheduleForm, store_label
from dreaming.models import Dream, Schedule
from dreaming.schedules import Plan

CRON_LINES = (
    ("0 2 * * *", "each day at 02:00"),
    ("0 2 * * MON-FRI", "on working days at 02:00"),
    ("0 3 * * SUN", "on Sundays at 03:00"),
    ("0 */6 * * *", "every six hours"),
    ("0 4 1 * *", "on the first of a month at 04:00"),
)
SHOWN_TIMES = 3


@require_GET
@member_page(Right.SEE_DREAMS)
def schedule(request: MemberRequest, store: str) -> HttpResponse:
    found = store_of(request.member, store)
    plan = Schedule.objects.filter(store=found).first()
    return schedule_page(request, found, ScheduleForm(initial=initial_of(plan)))


@require_POST
@member_page(Right.START_DREAMS)
def schedule_set(request: MemberRequest, store: str) -> HttpResponse:
    found = store_of(request.member, store)
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return schedule_page(request, found, form, status=422)
    given = form.cleaned_data
    plan = Plan(is_enabled=given.pop("enabled"), **given)
    try:
        row = schedules.set_schedule(found, plan, by=request.member)
    except (BadTimes, DreamingError) as error:
        form.add_error(None, str(error))
        return schedule_page(request, found, form, status=422)
    words = (
        _("{store} dreams {times}.") if row.enabled else _("{store} rests: it dreams by hand only.")
    )
    messages.info(request, words.format(store=store_label(found), times=words_of(row)))
    return redirect("schedule", request.workspace.slug, store)


@require_POST
@member_page(Right.PAUSE)
def dreams_pause(request: MemberRequest) -> HttpResponse:
    pause_workspace(request.workspace, reason=request.POST.get("reason", ""), by=request.person)
    messages.info(request, _("Dreams of {name} are paused.").format(name=request.workspace.name))
    return redirect("dreams", request.workspace.slug)


@require_POST
@member_page(Right.PAUSE)
def dreams_resume(request: MemberRequest) -> HttpResponse:
    resume_workspace(request.workspace, reason=request.POST.get("reason", ""), by=request.person)
    messages.info(request, _("Dreams of {name} go on.").format(name=request.workspace.name))
    return redirect("dreams", request.workspace.slug)


def schedule_page(
    request: MemberRequest, store: MemoryStore, form: ScheduleForm, status: int = 200
) -> HttpResponse:
    """Render a memory's schedule with what was typed so far."""
    row = Schedule.objects.filter(store=store)
    plan = row.select_related("store__workspace", "store__agent", "workspace").first()
    now = clock.now()
    context = {
        "store": store,
        "name": store.agent.slug if store.agent else "shared",
        "label": store_label(store),
        "plan": plan,
        "words": words_of(plan) if plan else "",
        "outlook": schedules.outlook(plan, now) if plan else None,
        "times": next_times(plan, now) if plan else [],
        "results": Dream.objects.filter(schedule=plan).order_by("-number")[:5] if plan else [],
        "form": form,
        "cron_lines": CRON_LINES,
        "zones": zone_names(),
        "may_start": request.member.may(Right.START_DREAMS),
    }
    return render(request, "dreaming/schedule.html", context, status=status)


def initial_of(plan: Schedule | None) -> dict[str, Any]:
    """Return what the form shows before anything is typed: the plan, else what a new one is."""
    if plan is None:
        fresh = Plan()
        return {name: getattr(fresh, name) for name in Plan.__slots__} | {"enabled": True}
    return {name: getattr(plan, name) for name in ScheduleForm.base_fields}


def words_of(plan: Schedule) -> str:
    """Return when the plan dreams in words: "at 02:00 every day, Europe/Berlin"."""
    try:
        words = explain(plan.cron)
    except BadTimes:
        return f"{plan.cron}, {plan.zone}"
    return f"{words[:1].lower()}{words[1:]}, {plan.zone}"


def next_times(plan: Schedule, now: datetime) -> list[dict[str, Any]]:
    """Return the next times of a plan that is awake, on its own clocks and in UTC."""
    times: list[dict[str, Any]] = []
    slot = schedules.next_start(plan, now)
    while slot is not None and len(times) < SHOWN_TIMES:
        local = slot.astimezone(zone_of(plan.zone))
        times.append({"utc": slot, "local": f"{local:%a %Y-%m-%d %H:%M}"})
        slot = schedules.next_start(plan, slot)
    return times


def slot_words(dream: Dream) -> str:
    """Return which slot a dream was started for and which it passed over; '' for one by hand."""
    if not dream.due_slot:
        return ""
    count = dream.passed_over.get("count", 0)
    if not count:
        return spell(dream.due_slot)
    named = [spell(one) for one in dream.passed_over["newest"]]
    rest = f" and {count - len(named):,} earlier" if count > len(named) else ""
    times = "1 earlier time was" if count == 1 else f"{count:,} earlier times were"
    return f"{spell(dream.due_slot)}; {times} passed over: {', '.join(named)}{rest}"


def spell(slot: str) -> str:
    """Return a slot as people read it: 2026-11-24 02:00 UTC."""
    return f"{read_slot(slot):%Y-%m-%d %H:%M} UTC"
