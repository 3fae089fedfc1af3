"""The design page: every component in every state, for whoever builds or judges a screen."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents.access import signed_in_page
from dreaming.design import SIDES, samples
from reviews.models import Proposal


@require_GET
@signed_in_page
def design(request: HttpRequest) -> HttpResponse:
    context = {
        "sides": [samples(side) for side in SIDES],
        # The partials spell addresses; these lead to no workspace.
        "nowhere": {"slug": "sample"},
        "paper": Proposal(number=1042, state="pending", revision=1),
    }
    return render(request, "dreaming/design.html", context)
