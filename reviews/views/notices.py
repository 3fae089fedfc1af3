"""What one was told here, and how one wants to hear of it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from agents import clock
from agents.access import member_page
from agents.errors import InvalidInput
from agents.http import MemberRequest, is_prefetch
from agents.rights import Right
from agents.web.paging import page_of
from agents.zones import zone_names
from reviews.mails import DIGEST_HOUR, said_of
from reviews.models import Mail, NoticeChoices
from reviews.notices import WORDS, How, Kind, choose, how_for, notices_of, read_all, unread_of

PAGE = 50
WAYS = (
    (How.IMMEDIATE, gettext_lazy("Mail at once")),
    (How.DIGEST, gettext_lazy("In the daily mail")),
    (How.OFF, gettext_lazy("No mail")),
)


@require_GET
@member_page(Right.BE_HERE)
def notices(request: MemberRequest) -> HttpResponse:
    found = notices_of(request.member).select_related("proposal__agent")
    page = page_of(found, order=("-id",), cursor=request.GET.get("at", ""), size=PAGE)
    context = {
        "page": page,
        "lines": [(row, said_of(row)) for row in page.items],
        "unread_here": unread_of(request.member).count(),
        "upto": page.items[0].public_id if page.items else "",
    }
    return render(request, "reviews/notices.html", context)


@require_POST
@member_page(Right.BE_HERE)
def notices_read(request: MemberRequest) -> HttpResponse:
    upto = request.POST.get("upto", "")
    rows = notices_of(request.member)
    newest = rows.filter(public_id=upto).first() if upto.isalnum() else None
    if newest is None:
        raise InvalidInput(_("The form does not say what it showed. Open the list again."))
    read_all(request.member, newest)
    return redirect("notices", request.workspace.slug)


@require_GET
@member_page(Right.BE_HERE)
def notice_open(request: MemberRequest, notice: str) -> HttpResponse:
    row = notices_of(request.member).filter(public_id=notice).first()
    if row is None:
        raise Http404(_("There is no such notice."))
    # A browser that fetches ahead shows nobody anything.
    if not is_prefetch(request):
        notices_of(request.member).filter(pk=row.pk, read_at=None).update(read_at=clock.now())
    return redirect(f"/w/{request.workspace.slug}/{row.path}")


@require_GET
@member_page(Right.BE_HERE)
def notifications(request: MemberRequest) -> HttpResponse:
    return notifications_page(request)


@require_POST
@member_page(Right.BE_HERE)
def notifications_set(request: MemberRequest) -> HttpResponse:
    sent = {kind.value: request.POST.get(kind.value, "") for kind in Kind}
    hour = request.POST.get("hour", "")
    # What is no number is no hour of a day either, and is answered as such.
    at = int(hour[:3]) if hour.isdecimal() and hour.isascii() else -1
    try:
        choose(request.member, sent, hour=at, zone=request.POST.get("zone", ""))
    except InvalidInput as error:
        return notifications_page(request, wrong=str(error), status=422)
    messages.info(request, _("Kept. It holds for what comes from now on."))
    return redirect("notifications", request.workspace.slug)


def notifications_page(
    request: MemberRequest, *, wrong: str = "", status: int = 200
) -> HttpResponse:
    """Render what is chosen, and which mails could not be sent."""
    mine: dict[str, Any] = {"workspace": request.workspace, "person": request.person}
    chosen = NoticeChoices.objects.filter(**mine).first()
    choices = chosen.choices if chosen else {}
    context = {
        "lines": [(kind.value, WORDS[kind], how_for(kind, choices)) for kind in Kind],
        "ways": WAYS,
        "hour": chosen.digest_hour if chosen else DIGEST_HOUR,
        "zone": chosen.zone if chosen else "UTC",
        "zones": zone_names(),
        "failed": Mail.objects.filter(state="failed", **mine).order_by("-pk")[:5],
        "wrong": wrong,
    }
    return render(request, "reviews/notifications.html", context, status=status)
