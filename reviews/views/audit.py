"""The audit page: entries found by a few words, verification, the newest checkpoint, exports."""

import json
from http import HTTPStatus
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents.access import member_page
from agents.http import MemberRequest
from agents.rights import Right
from agents.web.ids import BadId, parse_id
from agents.web.paging import page_of
from reviews import exports, first_visit, sightings, trail
from reviews.audit.errors import BadProof
from reviews.audit.history import LoggedEntry
from reviews.audit.models import Entry
from reviews.audit.proofs import checkpoint_covering, inclusion_proof_for, latest_checkpoint
from reviews.audit.report import Status
from reviews.errors import ReviewsError
from reviews.exports import Period
from reviews.forms import ExportForm
from reviews.models import Export
from reviews.wording import CHANGED, short_hash, spell_action, spell_actor, spell_object

PAGE = 50
LONGEST_NUMBER, HASH_LENGTH = 18, 64
OBJECT_PAGES = {
    "P": ("proposal", Right.SEE_QUEUE),
    "D": ("dream", Right.SEE_DREAMS),
    "S": ("session", Right.SEE_TRANSCRIPTS),
    "C": ("containment", Right.SEE_QUEUE),
    "Q": ("quarantine", Right.SEE_MEMORY),
}


@require_GET
@member_page(Right.AUDIT_OWN)
def audit(request: MemberRequest) -> HttpResponse:
    q = request.GET.get("q", "")
    search = trail.read_search(q)
    found = trail.narrow(trail.visible_entries(request.member), search)
    page = page_of(
        found.select_related("leaf"), order=("-id",), cursor=request.GET.get("at", ""), size=PAGE
    )
    lines = [(line, address_of(request, line.object)) for line in trail.lines_of(page.items)]
    context = {
        "search": search,
        "q": q,
        "page": page,
        "days": [(day, list(some)) for day, some in groupby(lines, lambda one: one[0].at.date())],
        "count": trail.count_entries(request.member, found, search, page),
        "checkpoint": latest_checkpoint(),
        "verification": _verification(request),
        "sees_all": request.member.may(Right.AUDIT_WORKSPACE),
        "may_verify": request.member.may(Right.AUDIT_VERIFY),
        "may_export": request.member.may(Right.AUDIT_EXPORT),
    }
    context |= beside_context(request) | {"since": trail.begun_at(request.member)}
    # After what is listed was read: the entry of the first look is not part of it.
    first_visit.note_log_opened(request.member)
    return render(request, "reviews/audit.html", context)


def beside_context(request: MemberRequest) -> dict[str, Any]:
    """Return what the panel beside the list shows of the entry that is chosen; nothing without."""
    chosen = request.GET.get("entry", "")
    if not chosen.isdecimal() or len(chosen) > LONGEST_NUMBER or not int(chosen):
        return {}
    row = row_of(request, int(chosen))
    opened = trail.open_entry(row) if row else None
    if row is None or opened is None:
        return {"chosen": int(chosen), "row": row}
    facts = [(name, facts_of(opened[0].body.get(name))) for name in ("before", "after", "shown")]
    return {
        "chosen": int(chosen),
        "row": row,
        "proof": proof_of(row, opened[0]),
        "facts": [(name, said) for name, said in facts if said],
        "shown": shown_address(request, row),
        **entry_context(request, opened),
    }


def facts_of(said: object) -> list[tuple[str, str]]:
    """Return the facts of one side of an entry by name; those that are none are left out."""
    if not isinstance(said, dict):
        return []
    spelled = ((name, spell_fact(value)) for name, value in said.items())
    return [(name.replace("_", " "), text) for name, text in spelled if text]


def spell_fact(value: object) -> str:
    """Return a fact on one line: a long identifier by both its ends, a list by its members."""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    text = "" if value is None else str(value)
    return short_hash(text) if len(text) == HASH_LENGTH else text


def row_of(request: MemberRequest, number: int) -> Entry | None:
    """Return the entry of that number if the member may see it."""
    entries = trail.visible_entries(request.member).select_related("leaf")
    return entries.filter(leaf__workspace=request.workspace.slug, leaf__number=number).first()


def address_of(request: MemberRequest, name: str) -> str:
    """Return the page of an entry's object, "" where there is none or the role does not open it."""
    try:
        letter, number = parse_id(name)
    except BadId:
        return ""
    page, right = OBJECT_PAGES.get(letter, ("", Right.BE_HERE))
    if not page or not request.member.may(right):
        return ""
    return reverse(page, kwargs={"workspace": request.workspace.slug, "number": number})


def _verification(request: MemberRequest) -> dict[str, Any] | None:
    if not request.member.may(Right.AUDIT_WORKSPACE):
        return None
    found = trail.last_verification(request.member)
    if found is None:
        return None
    entry, problems = found
    after = entry.body.get("after")
    said = dict(after) if isinstance(after, dict) else {}
    if isinstance(took := said.get("milliseconds"), int):
        said["seconds"] = f"{took / 1_000:.1f}"
    return {"at": entry.columns.at, **said, "problems_said": problems}


@require_POST
@member_page(Right.AUDIT_VERIFY)
def audit_verify(request: MemberRequest) -> HttpResponse:
    report = trail.verify_for(request.member)
    tell = messages.success if report.status is Status.SOUND else messages.error
    tell(request, f"Verified: {report.status.name.lower()}.")
    return redirect("audit", request.workspace.slug)


@require_GET
@member_page(Right.AUDIT_OWN)
def audit_entry(request: MemberRequest, number: int) -> HttpResponse:
    row = row_of(request, number)
    if row is None:
        raise Http404(f"{request.workspace.name} has no such entry, or it is not for you.")
    opened = trail.open_entry(row)
    if opened is None:
        context = {"row": row, "did": CHANGED}
        return render(request, "reviews/audit_entry.html", context, status=HTTPStatus.CONFLICT)
    proof = proof_of(row, opened[0])
    if request.GET.get("format") == "json":
        return entry_json(opened, proof)
    context = {"row": row, "proof": proof, **entry_context(request, opened)}
    context["shown"] = shown_address(request, row)
    return render(request, "reviews/audit_entry.html", context)


def shown_address(request: MemberRequest, row: Entry) -> str:
    """Return the page of the decision an entry records, "" for other entries and other roles."""
    number = sightings.number_of(row)
    if not number or not (
        request.member.may(Right.SEE_QUEUE) and request.member.may(Right.AUDIT_WORKSPACE)
    ):
        return ""
    try:
        proposal = parse_id(row.object, expected="P").number
    except BadId:
        return ""
    return reverse("decision", args=[request.workspace.slug, proposal, number])


def entry_context(
    request: MemberRequest, opened: tuple[LoggedEntry, trail.Values]
) -> dict[str, Any]:
    """Return what the page of one entry shows."""
    entry, values = opened
    names = [name for name in entry.commitments if name != "actor_name"]
    return {
        "entry": entry,
        "did": spell_action(entry.columns.action),
        "who": spell_actor(entry, values),
        "what": spell_object(entry.columns.object),
        "address": address_of(request, entry.columns.object),
        "texts": [(name.replace("_", " "), name in values, values.get(name)) for name in names],
        "body": json.dumps(entry.body, indent=2, sort_keys=True, ensure_ascii=False),
    }


def entry_json(
    opened: tuple[LoggedEntry, trail.Values], proof: dict[str, Any] | None
) -> JsonResponse:
    """Answer with all it takes to check the entry elsewhere: body, leaf, path to a signed root."""
    entry, values = opened
    signed = proof if proof and "hashes" in proof else None
    said = {
        "number": entry.number,
        "leaf": entry.index,
        "leaf_hash": entry.event_id,
        "body": entry.body,
        "values": values,
        "checkpoint": signed["checkpoint"].note if signed else None,
        "proof": signed["hashes"] if signed else None,
    }
    return JsonResponse(said, json_dumps_params={"indent": 2})


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
            tell_made(request, export)
            return redirect("exports", request.workspace.slug)
    return export_page(request, form, status=422)


def tell_made(request: MemberRequest, export: Export) -> None:
    """Say what the export holds, and what it could not take."""
    manifest = exports.manifest_of(export)
    held = _("{export} holds {rows} entries.").format(export=export, rows=f"{export.rows:,}")
    messages.success(request, held)
    if manifest["changed"]:
        missing = _(
            "{rows} entries are not in {export}: their rows are not what was sealed. The manifest "
            "has their numbers. Verify the log."
        )
        messages.error(request, missing.format(rows=f"{manifest['changed']:,}", export=export))


def export_page(request: MemberRequest, form: ExportForm, status: int = 200) -> HttpResponse:
    """Render the exports that were made, and the form that makes one."""
    rows = Export.objects.filter(workspace=request.workspace).select_related("by")
    page = page_of(rows, order=("-number",), cursor=request.GET.get("at", ""), size=PAGE)
    waiting = exports.count_waiting(request.workspace)
    context = {"form": form, "page": page, "exports": page.items, "waiting": waiting}
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
