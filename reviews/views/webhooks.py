"""Webhooks of a workspace: set, rotated, removed by an admin; what was sent, and sending again."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents.access import member_page
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.rights import Right
from agents.web.paging import page_of
from reviews.models import Delivery, Webhook
from reviews.webhooks import remove, rotate, send_again, set_webhook, standing

PAGE = 50


@require_GET
@member_page(Right.MANAGE_WEBHOOKS)
def webhooks(request: MemberRequest) -> HttpResponse:
    return webhooks_page(request)


@require_POST
@member_page(Right.MANAGE_WEBHOOKS)
def webhook_set(request: MemberRequest) -> HttpResponse:
    url, form = request.POST.get("url", ""), request.POST.get("format", "")
    try:
        webhook, secret = set_webhook(request.workspace, url=url, form=form, by=request.member)
    except InvalidInput as error:
        return webhooks_page(request, wrong=str(error), url=url, status=422)
    return shown_once(request, webhook, secret)


@require_POST
@member_page(Right.MANAGE_WEBHOOKS)
def webhook_rotate(request: MemberRequest, webhook: str) -> HttpResponse:
    found = webhook_of(request, webhook)
    secret = rotate(found, by=request.member)
    found.refresh_from_db()
    return shown_once(request, found, secret)


@require_POST
@member_page(Right.MANAGE_WEBHOOKS)
def webhook_remove(request: MemberRequest, webhook: str) -> HttpResponse:
    remove(webhook_of(request, webhook), by=request.member)
    messages.info(request, _("Nothing is sent there any more."))
    return redirect("webhooks", request.workspace.slug)


@require_GET
@member_page(Right.MANAGE_WEBHOOKS)
def deliveries(request: MemberRequest, webhook: str) -> HttpResponse:
    found = webhook_of(request, webhook)
    page = page_of(
        Delivery.objects.filter(webhook=found),
        order=("-id",),
        cursor=request.GET.get("at", ""),
        size=PAGE,
    )
    return render(request, "reviews/deliveries.html", {"webhook": found, "page": page})


@require_POST
@member_page(Right.MANAGE_WEBHOOKS)
def delivery_again(request: MemberRequest, webhook: str, message: str) -> HttpResponse:
    sent_to = webhook_of(request, webhook)
    found = Delivery.objects.filter(webhook=sent_to, message=message).first()
    if found is None:
        raise Http404(_("There is no such delivery."))
    send_again(found, by=request.member)
    messages.info(request, _("It is sent again within a few seconds."))
    return redirect("deliveries", request.workspace.slug, webhook)


def webhook_of(request: MemberRequest, public_id: str) -> Webhook:
    """Return one webhook of the workspace that is in use, or raise Http404."""
    rows = standing(request.workspace).filter(public_id=public_id)
    found = rows.select_related("workspace").first()
    if not isinstance(found, Webhook):
        raise Http404(_("There is no such webhook."))
    return found


def shown_once(request: MemberRequest, webhook: Webhook, secret: str) -> HttpResponse:
    """Show a secret, which nobody can read again."""
    return render(request, "reviews/webhook_set.html", {"webhook": webhook, "secret": secret})


def webhooks_page(
    request: MemberRequest, *, wrong: str = "", url: str = "", status: int = 200
) -> HttpResponse:
    """Render the webhooks in use with what was typed so far."""
    context = {"rows": standing(request.workspace), "wrong": wrong, "typed": url}
    return render(request, "reviews/webhooks.html", context, status=status)
