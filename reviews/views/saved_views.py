"""Views of the queue: keeping a search under a name, changing it, deleting it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents.access import member_page
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.rights import Right
from reviews import saved_views
from reviews.models import SavedView
from reviews.views.desk import SeeOther


@require_POST
@member_page(Right.SEE_QUEUE)
def view_save(request: MemberRequest) -> HttpResponse:
    text, name = typed(request, "q"), typed(request, "name")
    shared = request.POST.get("shared") == "on"
    try:
        view = saved_views.save_view(request.member, name=name, text=text, shared=shared)
    except InvalidInput as error:
        messages.error(request, str(error))
        return to_queue(request, q=text)
    messages.info(request, _("The view “%(name)s” is kept.") % {"name": view.name})
    return to_queue(request, view=view.key)


@require_POST
@member_page(Right.SEE_QUEUE)
def view_change(request: MemberRequest, key: str) -> HttpResponse:
    view = view_of(request, key)
    saved_views.change_view(view, by=request.member, text=typed(request, "q"))
    return to_queue(request, view=view.key)


@require_POST
@member_page(Right.SEE_QUEUE)
def view_delete(request: MemberRequest, key: str) -> HttpResponse:
    view = view_of(request, key)
    saved_views.delete_view(view, by=request.member)
    messages.info(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
    return to_queue(request)


def view_of(request: MemberRequest, key: str) -> SavedView:
    """Return the view, or raise Http404 where the member may not use it."""
    found = saved_views.find_view(request.member, key)
    if found is None:
        raise Http404("There is no such view.")
    return found


def typed(request: MemberRequest, name: str) -> str:
    """Return what was typed; a NUL can stand in no row."""
    return request.POST.get(name, "").replace("\0", "")


def to_queue(request: MemberRequest, **query: str) -> HttpResponse:
    """Go to the queue with this search or view."""
    url = reverse("queue", args=[request.workspace.slug])
    return SeeOther(f"{url}?{urlencode(query)}" if query else url)
