"""The queue: what waits, by risk; on a phone it is a page of its own."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents import clock
from agents.access import member_page
from agents.http import MemberRequest
from agents.rights import Right
from reviews.first_visit import steps_of
from reviews.models import Proposal
from reviews.practice import due_holdings
from reviews.views.desk import Context, Desk, counts_of, desk_of, queue_context


@require_GET
@member_page(Right.SEE_QUEUE)
def queue(request: MemberRequest) -> HttpResponse:
    desk = desk_of(request)
    context = queue_context(desk, counts_of(desk), cursor=request.GET.get("at", ""))
    context |= calm_context(desk, context)
    context |= {
        "renewals": due_holdings(request.member),
        "first_steps": steps_of(request.member),
        "now": clock.now(),
    }
    return render(request, "reviews/queue.html", context)


def calm_context(desk: Desk, context: Context) -> Context:
    """Return what stands where no proposal is open: where to begin, or why there is nothing."""
    lines = [*context["front"], *(line for group in context["groups"] for line in group.lines)]
    has_rows = bool(lines or context["containments"])
    # Where nothing is listed, a phone shows what is the case instead of an empty list.
    lists = has_rows or not desk.search.is_plain
    calm: Context = {
        "has_rows": has_rows,
        "first": lines[0] if lines else None,
        "lists": lists,
        "level": 2 if lists else 1,
    }
    if has_rows:
        return calm
    calm["is_first_use"] = (
        desk.search.is_plain
        and not Proposal.objects.filter(workspace=desk.member.workspace).exists()
    )
    if desk.search.is_plain and not calm["is_first_use"]:
        calm["today"] = decided_today(desk, context["counts"].decided_today)
    return calm


def decided_today(desk: Desk, total: int) -> dict[str, int]:
    """Return how today's proposals were decided."""
    newest = Proposal.objects.filter(
        workspace=desk.member.workspace, decided_at__isnull=False
    ).order_by("-decided_at")
    verdicts = list(newest.values_list("verdict", "revision")[: min(total, 1_000)])
    return {
        "total": total,
        "approved": sum(verdict == "approve" and revision == 1 for verdict, revision in verdicts),
        "edited": sum(verdict == "approve" and revision > 1 for verdict, revision in verdicts),
        "rejected": sum(verdict == "reject" for verdict, _ in verdicts),
    }
