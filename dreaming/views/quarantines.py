"""Quarantine: what would go with a target, taking it out, and another person's answer.

The pages name running dreams beside memory and sessions, so they stand in this room.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agents import clock
from agents.access import member_page
from agents.errors import InvalidInput
from agents.http import MemberRequest, asked
from agents.models import Agent, Quarantine, QuarantineKind, Session
from agents.people import require_right
from agents.readers import Reader
from agents.rights import Right
from agents.web.ids import spell_id
from agents.web.paging import page_of
from dreaming.forms import (
    LetInForm,
    QuarantineAnswerForm,
    QuarantineForm,
    RestorePartForm,
    TargetForm,
)
from dreaming.models import Dream, DreamState
from reviews import containment, quarantines
from reviews.descent import Descent
from reviews.errors import InvalidChange, MayNotDecide, ReasonMissing, StaleProposal
from reviews.models import Containment
from reviews.views.desk import SeeOther, address_of

LISTED = 50
READING = (DreamState.QUEUED, DreamState.RUNNING, DreamState.HELD)
STANDINGS: Mapping[str, str] = {
    "waiting": "Waits for its answer",
    "late": "Late",
    "answered": "Answered",
}


@require_GET
@member_page(Right.SEE_MEMORY)
def quarantine_list(request: MemberRequest) -> HttpResponse:
    return _list_page(request, TargetForm())


def _list_page(request: MemberRequest, form: TargetForm, status: int = 200) -> HttpResponse:
    standing = asked(request, "is")
    rows = Containment.objects.filter(workspace=request.workspace, quarantine__isnull=False)
    found = _narrow(rows, standing).select_related("by", "answered_by", "quarantine__agent")
    found = found.select_related("quarantine__person", "quarantine__session").annotate(
        memories=Count("quarantine__parts"),
        back=Count("quarantine__parts", filter=Q(quarantine__parts__lifted_at__isnull=False)),
    )
    page = page_of(found, order=("-pk",), cursor=request.GET.get("at", ""))
    context = {
        "page": page,
        "rows": [_row(found) for found in page.items],
        "standing": standing if standing in STANDINGS else "",
        "standings": STANDINGS.items(),
        "form": form,
    }
    return render(request, "dreaming/quarantines.html", context, status=status)


@dataclass(frozen=True, slots=True)
class Row:
    """One quarantine in the list. memories: taken out by it; back: those of them given back."""

    containment: Containment
    title: str
    kind: str
    memories: int
    back: int
    answer: str
    is_late: bool


def _row(found: Containment) -> Row:
    row = found.quarantine
    if row is None:
        raise Http404
    itself = row.memory_id is not None
    return Row(
        containment=found,
        title=quarantines.name_target(row),
        kind=QuarantineKind(row.kind).label,
        memories=getattr(found, "memories", 0) + itself,
        back=getattr(found, "back", 0) + (itself and row.lifted_at is not None),
        answer=_spell_answer(found),
        is_late=not found.answer and found.due_at <= clock.now(),
    )


def _narrow(rows: QuerySet[Containment], standing: str) -> QuerySet[Containment]:
    if standing == "waiting":
        return rows.filter(answer="")
    if standing == "late":
        return rows.filter(answer="", due_at__lte=clock.now())
    return rows.exclude(answer="") if standing == "answered" else rows


@require_http_methods(["GET", "POST"])
@member_page(Right.CONTAIN)
def quarantine_new(request: MemberRequest) -> HttpResponse:
    """Show what would go with the target the address names; a POST takes it out."""
    target = TargetForm(request.GET if request.method == "GET" else request.POST)
    if not target.is_valid():
        return _list_page(request, target, status=422)
    try:
        row = quarantines.aim(request.workspace, **target.cleaned_data)
    except InvalidChange as error:
        target.add_error("target", str(error))
        return _list_page(request, target, status=422)
    standing = quarantines.find_in_force(row)
    if standing is not None:
        messages.info(request, _("It is quarantined already."))
        return SeeOther(_place_of(standing))
    if request.method == "GET":
        return _preview_page(request, row, QuarantineForm(), target)
    form = QuarantineForm(request.POST)
    if not form.is_valid():
        return _preview_page(request, row, form, target, status=422)
    reason = form.cleaned_data.pop("reason")
    made = quarantines.open_quarantine(
        row, by=request.member, reason=reason, shown=form.cleaned_data
    )
    words = _("%(target)s is out of service. Another person confirms or restores it in 48 h.")
    messages.info(request, words % {"target": made.target})
    return SeeOther(_place_of(row))


def _place_of(row: Quarantine) -> str:
    """Return the page of a quarantine; what only went with one has none."""
    return "" if row.number is None else address_of("quarantine", row.workspace.slug, row.number)


def _preview_page(
    request: MemberRequest,
    row: Quarantine,
    form: QuarantineForm,
    target: TargetForm,
    status: int = 200,
) -> HttpResponse:
    context = {
        "row": row,
        "target": target.cleaned_data["target"],
        "title": quarantines.name_target(row),
        "form": form,
        **_descent_of(row, quarantines.preview(row)),
    }
    return render(request, "dreaming/quarantine_new.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member_page(Right.SEE_MEMORY)
def quarantine(request: MemberRequest, number: int) -> HttpResponse:
    """Show one quarantine; a POST answers it."""
    found = _containment_of(request, number)
    if request.method == "GET":
        return _page(request, found, QuarantineAnswerForm())
    require_right(request.member, Right.DECIDE)
    form = QuarantineAnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        answered = containment.answer(found, by=request.member, **form.cleaned_data)
    except ReasonMissing as error:
        form.add_error("reason", str(error))
        return _page(request, found, form, status=422)
    except (StaleProposal, MayNotDecide) as error:
        status = 409 if isinstance(error, StaleProposal) else 403
        return _page(
            request, _containment_of(request, number), form, status=status, words=str(error)
        )
    words = _("%(target)s: %(answer)s.")
    messages.info(request, words % {"target": answered.target, "answer": _spell_answer(answered)})
    return SeeOther(address_of("quarantine", request.workspace.slug, number))


@require_POST
@member_page(Right.DECIDE)
def quarantine_restore(request: MemberRequest, number: int) -> HttpResponse:
    """Restore one of the memories a quarantine took out."""
    found = _containment_of(request, number)
    form = RestorePartForm(request.POST)
    if found.quarantine is None or not form.is_valid():
        raise InvalidInput(_("Choose a memory by its number, and say why it is restored."))
    parts = quarantines.parts_of(found.quarantine)
    part = parts.filter(memory__number=form.cleaned_data["memory"]).first()
    if part is None:
        raise InvalidChange(_("This quarantine did not take that memory out."))
    quarantines.restore_part(part, by=request.member, reason=form.cleaned_data["reason"])
    messages.info(request, _("%(memory)s is in service again.") % {"memory": part.memory})
    return SeeOther(address_of("quarantine", request.workspace.slug, number))


@require_POST
@member_page(Right.DECIDE)
def quarantine_let_in(request: MemberRequest, number: int) -> HttpResponse:
    """Let what comes in later of a quarantined agent or person be in service again."""
    found = _containment_of(request, number)
    form = LetInForm(request.POST)
    if found.quarantine is None or not form.is_valid():
        raise InvalidInput(_("Say what was mended since."))
    quarantines.let_in(found.quarantine, by=request.member, reason=form.cleaned_data["reason"])
    words = _("Sessions of %(target)s that come in from now on are in service.")
    messages.info(request, words % {"target": found.target})
    return SeeOther(address_of("quarantine", request.workspace.slug, number))


def _containment_of(request: MemberRequest, number: int) -> Containment:
    """Return the containment of the workspace's quarantine Q-`number`, or raise Http404."""
    found = (
        Containment.objects.filter(workspace=request.workspace, quarantine__number=number)
        .select_related("by", "answered_by", "workspace", "quarantine__workspace")
        .select_related("quarantine__agent", "quarantine__person", "quarantine__session")
        .first()
    )
    if found is None:
        raise Http404(f"{request.workspace.name} has no quarantine {spell_id('Q', number)}.")
    return found


def _page(
    request: MemberRequest,
    found: Containment,
    form: QuarantineAnswerForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    row = found.quarantine
    if row is None:
        raise Http404
    parts = list(quarantines.parts_of(row).select_related("lifted_by"))
    withdrawn = quarantines.withdrawn_by(row)
    context = {
        "containment": found,
        "row": row,
        "title": quarantines.name_target(row),
        "answer": _spell_answer(found),
        "is_late": not found.answer and found.due_at <= clock.now(),
        "parts": parts,
        "elsewhere": _also_kept_out(row, parts),
        "out": sum(part.lifted_at is None for part in parts),
        "is_restored": found.answer == containment.REVERSED,
        "withdrawn": withdrawn[:LISTED],
        "withdrawn_count": withdrawn.count(),
        "form": form,
        "is_involved": request.person.pk in {found.by_id, row.person_id},
        "may_answer": request.member.may(Right.DECIDE) and not found.answer,
        "may_let_in": request.member.may(Right.DECIDE) and not quarantines.why_not_let_in(row),
        **(
            {}
            if found.answer == containment.REVERSED
            else _descent_of(row, quarantines.preview(row))
        ),
        **more,
    }
    return render(request, "dreaming/quarantine.html", context | more, status=status)


def _spell_answer(found: Containment) -> str:
    if not found.answer:
        return ""
    return _("confirmed") if found.answer == containment.CONFIRMED else _("restored")


def _also_kept_out(row: Quarantine, parts: Sequence[Quarantine]) -> set[int | None]:
    """Return the primary keys of those memories that another quarantine keeps out as well."""
    others = Quarantine.objects.filter(
        memory__in=[part.memory_id for part in parts], lifted_at=None
    ).exclude(Q(pk=row.pk) | Q(cause=row))
    return set(others.values_list("memory_id", flat=True))


def _descent_of(row: Quarantine, found: Descent) -> dict[str, Any]:
    """Return what both pages list of a descent: counts of all, the first LISTED of each."""
    sessions = found.sessions.count()
    having, readers = _named(found.having), _named(found.readers)
    return {
        "memories": found.memories,
        "flagged": found.flagged,
        "proposals": found.proposals,
        "touching": found.touching,
        "sessions_count": sessions,
        "sessions": found.sessions.select_related("agent").order_by("-number")[:LISTED],
        "readers_count": len(found.readers),
        "readers": readers,
        "having_count": len(found.having),
        "having": having,
        "dreams": _dreams_reading(found.sessions),
        "kind": QuarantineKind(row.kind),
        "listed": LISTED,
    }


def _named(readers: Sequence[Reader]) -> list[tuple[Reader, Agent]]:
    """Return the first readers with their agents."""
    some = readers[:LISTED]
    agents = Agent.objects.in_bulk({reader.agent for reader in some})
    return [(reader, agents[reader.agent]) for reader in some]


def _dreams_reading(sessions: QuerySet[Session]) -> Sequence[Dream]:
    """Return the dreams that chose one of the sessions and have not filed all they will."""
    rows = Dream.objects.filter(
        state__in=READING, inputs__revision__session__in=sessions.values("pk")
    )
    return list(rows.select_related("store__agent").distinct().order_by("-number")[:LISTED])
