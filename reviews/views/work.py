"""My work: what waits for whoever is signed in, in one page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents.access import member_page
from agents.http import MemberRequest
from agents.rights import Right
from reviews.lines import Reader
from reviews.searches import read_search
from reviews.views.desk import Desk
from reviews.workday import containments_for, names_for, sections_of, upkeep_of


@require_GET
@member_page(Right.DECIDE)
def work(request: MemberRequest) -> HttpResponse:
    desk = Desk(request.member, read_search("is:yours"), {})
    reader = Reader(request.member, desk.address, desk.aside)
    found = {part.name: part for part in sections_of(request.member, desk.aside, reader)}
    context = {
        "work": found,
        "containments": containments_for(request.member, reader),
        "named": names_for(request.member, reader),
        "upkeep": upkeep_of(request.workspace),
    }
    return render(request, "reviews/work.html", context)
