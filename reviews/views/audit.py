"""The audit page: entries found by a few words, verification, the newest checkpoint, exports."""

import json
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from agents.access import member_page
from agents.http import MemberRequest
from agents.rights import Right
from agents.web.paging import page_of
from reviews import exports, trail
from reviews.audit.errors import BadProof
from reviews.audit.history import LoggedEntry
from reviews.audit.models import Entry
from reviews.audit.proofs import checkpoint_covering, inclusion_proof_for, latest_checkpoint
from reviews.errors import ReviewsError
from reviews.exports import Period
from reviews.forms import ExportForm
from reviews.models import Export
from reviews.wording import spell_action, spell_actor, spell_object

PAGE = 50


@require_GET
@member_page(Right.AUDIT_OWN)
def audit(request: MemberRequest) -> HttpResponse:
    search = trail.read_search(request.GET.get("q", ""))
    found = trail.narrow(trail.visible_entries(request.member), search)
    page = page_of(
        found.select_related("leaf"), order=("-id",), cursor=request.GET.get("at", ""), size=PAGE
    )
    lines = trail.lines_of(list(page.items))
    context = {
        "search": search,
        "q": request.GET.get("q", ""),
        "page": page,
        "days": [(day, list(group)) for day, group in groupby(lines, lambda one: one.at.date())],
        "total": found.order_by().count(),
        "checkpoint": latest_checkpoint(),
        "verification": _verification(request),
        "sees_all": request.member.may(Right.AUDIT_WORKSPACE),
        "may_verify": request.member.may(Right.AUDIT_VERIFY),
        "may_export": request.member.may(Right.AUDIT_EXPORT),
    }
    return render(request, "reviews/audit.html", context)


def _verification(request: MemberRequest) -> dict[str, Any] | None:
    entry = trail.last_verification(request.member)
    if entry is None or not request.member.may(Right.AUDIT_WORKSPACE):
        return None
    problems = entry.values.get("problems") or ""
    return {"at": entry.columns.at, **_after(entry), "problems_said": problems.splitlines()}


def _after(entry: LoggedEntry) -> dict[str, Any]:
    after = entry.body.get("after")
    return dict(after) if isinstance(after, dict) else {}


@require_POST
@member_page(Right.AUDIT_VERIFY)
def audit_verify(request: MemberRequest) -> HttpResponse:
    report = trail.verify_for(request.member)
    messages.info(request, f"Verified: {report.status.name.lower()}.")
    return redirect("audit", request.workspace.slug)


@require_GET
@member_page(Right.AUDIT_OWN)
def audit_entry(request: MemberRequest, pk: int) -> HttpResponse:
    row = trail.visible_entries(request.member).select_related("leaf").filter(pk=pk).first()
    if row is None:
        raise Http404(f"{request.workspace.name} has no such entry, or it is not for you.")
    entry = trail.open_entry(row)
    if request.GET.get("format") == "json" and entry is not None:
        return JsonResponse({"body": entry.body, "values": entry.values, "leaf": entry.index})
    return render(request, "reviews/audit_entry.html", {"row": row, **entry_context(row, entry)})


def entry_context(row: Entry, entry: LoggedEntry | None) -> dict[str, Any]:
    """Return what the page of one entry shows; a row that was changed shows that it was."""
    if entry is None:
        return {"entry": None, "did": spell_action(row.action)}
    values = entry.values
    return {
        "entry": entry,
        "did": spell_action(row.action),
        "who": spell_actor(entry, values),
        "what": spell_object(row.object),
        "values": [(name, text) for name, text in values.items() if name != "actor_name"],
        "body": json.dumps(entry.body, indent=2, sort_keys=True, ensure_ascii=False),
        "proof": proof_of(row, entry),
    }


def proof_of(row: Entry, entry: LoggedEntry) -> dict[str, Any] | None:
    """Return the inclusion proof of a sealed entry, None until a checkpoint covers it."""
    checkpoint = checkpoint_covering(entry.index) if entry.index is not None else None
    if checkpoint is None:
        return None
    try:
        proof = inclusion_proof_for(row, checkpoint)
        proof.verify()
    except BadProof as error:
        return {"checkpoint": checkpoint, "fails": str(error)}
    return {"checkpoint": checkpoint, "hashes": [one.hex() for one in proof.hashes]}


@require_GET
@member_page(Right.AUDIT_OWN)
def audit_checkpoint(request: MemberRequest) -> HttpResponse:
    checkpoint = latest_checkpoint()
    if checkpoint is None:
        raise Http404("No checkpoint was signed yet; the worker signs the first within a minute.")
    response = HttpResponse(checkpoint.note, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="checkpoint-{checkpoint.size}.txt"'
    return response


@require_GET
@member_page(Right.AUDIT_EXPORT)
def export_list(request: MemberRequest) -> HttpResponse:
    return export_page(request, ExportForm())


@require_POST
@member_page(Right.AUDIT_EXPORT)
def export_make(request: MemberRequest) -> HttpResponse:
    form = ExportForm(request.POST)
    if form.is_valid():
        period = Period(form.cleaned_data["since"], form.cleaned_data["until"])
        try:
            export = exports.export_history(
                request.workspace,
                form=form.cleaned_data["form"],
                period=period,
                by=request.member,
            )
        except ReviewsError as error:
            form.add_error(None, str(error))
        else:
            messages.info(request, f"{export} holds {export.rows:,} entries.")
            return redirect("exports", request.workspace.slug)
    return export_page(request, form, status=422)


def export_page(request: MemberRequest, form: ExportForm, status: int = 200) -> HttpResponse:
    """Render the exports that were made, and the form that makes one."""
    rows = Export.objects.filter(workspace=request.workspace).select_related("by")
    page = page_of(rows, order=("-number",), cursor=request.GET.get("at", ""), size=PAGE)
    context = {"form": form, "page": page, "exports": page.items}
    return render(request, "reviews/exports.html", context, status=status)


@require_POST
@member_page(Right.AUDIT_EXPORT)
def export_download(request: MemberRequest, number: int) -> FileResponse:
    export = export_of(request, number)
    path = exports.record_download(export, by=request.member)
    return FileResponse(path.open("rb"), as_attachment=True, filename=export.file_name)


@require_GET
@member_page(Right.AUDIT_EXPORT)
def export_manifest(request: MemberRequest, number: int) -> HttpResponse:
    export = export_of(request, number)
    text = json.dumps(exports.manifest_of(export), indent=2, ensure_ascii=False)
    response = HttpResponse(text, content_type="application/json")
    name = f"{export.file_name}.manifest.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def export_of(request: MemberRequest, number: int) -> Export:
    """Return the workspace's export X-`number`, or raise Http404."""
    rows = Export.objects.filter(workspace=request.workspace, number=number)
    export = rows.select_related("workspace").first()
    if export is None:
        raise Http404(f"{request.workspace.name} has no export X-{number}.")
    return export
