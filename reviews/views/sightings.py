"""A decision as it was shown, for who answers for it later; nothing can be pressed here."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents.access import member_page
from agents.http import MemberRequest
from agents.people import require_right
from agents.rights import Right
from reviews.access import proposal_of
from reviews.decisions import REASON_CODES
from reviews.lifecycle import OPEN
from reviews.sightings import sighting_of
from reviews.turns import DID


@require_GET
@member_page(Right.SEE_QUEUE)
def decision(request: MemberRequest, number: int, decision: int) -> HttpResponse:
    member = require_right(request.member, Right.AUDIT_WORKSPACE)
    found = proposal_of(member, number)
    if member.may(Right.DECIDE) and found.state in OPEN:
        # Whoever may still decide it does so without knowing what another said.
        raise Http404(f"The decisions on {found} can be read when it is decided.")
    sighting = sighting_of(found, decision)
    if sighting is None:
        raise Http404(f"{found} has no decision {decision}.")
    context = {
        "proposal": found,
        "sighting": sighting,
        "did": DID[sighting.decision.verdict],
        "why": REASON_CODES.get(sighting.decision.reason_code, ""),
        "shown": [
            (name.replace("_", " "), spell(value))
            for name, value in sorted(sighting.decision.shown.items())
        ],
    }
    return render(request, "reviews/decision.html", context)


def spell(value: object) -> str:
    """Return one thing that was shown as text: a list by its members, nothing as "none"."""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "none"
    return str(value)
