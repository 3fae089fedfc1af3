"""Where a person begins, and how the page looks to them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from agents.access import member_page, signed_in_page
from agents.http import MemberRequest
from agents.models import Membership, Person
from agents.rights import Right, Role
from dreaming.context_processors import THEMES
from dreaming.navigation import home_of

YEAR_S = 365 * 24 * 60 * 60


@require_GET
@signed_in_page
def landing(request: HttpRequest) -> HttpResponse:
    places = memberships_of(request)
    if len(places) == 1:
        return redirect(home_of(Role(places[0].role), places[0].workspace.slug))
    homes = [
        {
            "name": m.workspace.name,
            "role": m.get_role_display(),
            "url": home_of(Role(m.role), m.workspace.slug),
        }
        for m in places
    ]
    return render(request, "dreaming/landing.html", {"homes": homes})


@require_GET
@member_page(Right.BE_HERE)
def workspace_home(request: MemberRequest) -> HttpResponse:
    url = home_of(request.member.role, request.workspace.slug)
    if url == request.path:
        return render(request, "dreaming/landing.html", {"homes": []})
    return redirect(url)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme in a cookie and go back; any word but the two follows the system."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    response = redirect(back)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie(
            "theme", theme, max_age=YEAR_S, secure=request.is_secure(), samesite="Lax"
        )
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


def memberships_of(request: HttpRequest) -> list[Membership]:
    """Return the places of whoever is signed in, by name."""
    if not isinstance(request.user, Person):
        return []
    places = Membership.objects.filter(person=request.user).select_related("workspace")
    return list(places.order_by("workspace__name"))
