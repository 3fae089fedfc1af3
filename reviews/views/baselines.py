"""Baselines: signing what a store serves, how far live memory has moved from it, and its limits."""

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents.access import SHARED, member_page, store_of
from agents.errors import StaleRelease
from agents.http import MemberRequest
from agents.models import MemoryStore
from agents.people import require_right
from agents.releases import live_release
from agents.rights import Right
from reviews import baselines
from reviews.distances import Limits
from reviews.errors import ReasonMissing
from reviews.forms import BaselineForm, BaselineLimitsForm
from reviews.models import Baseline
from reviews.views.desk import SeeOther, address_of

LISTED = 20


@require_http_methods(["GET", "POST"])
@member_page(Right.SEE_MEMORY)
def baseline(request: MemberRequest, agent: str) -> HttpResponse:
    """Show a store's baseline; a POST signs what is live, after the person proved who they are."""
    store = store_of(request.member, agent)
    if request.method == "GET":
        return baseline_page(request, store)
    require_right(request.member, Right.SIGN_BASELINE)
    form = BaselineForm(request.POST)
    if not form.is_valid():
        return baseline_page(request, store, form=form, status=422)
    # Only what can be signed is worth a password; the form is kept and sent again afterwards.
    raise_if_reauthentication_required(request, app="account")
    try:
        made = baselines.sign(store, form.signature_for(store), by=request.member)
    except (StaleRelease, ReasonMissing) as error:
        form.add_error(None, str(error))
        status = 409 if isinstance(error, StaleRelease) else 422
        return baseline_page(request, store, form=form, status=status)
    messages.info(request, _("%(release)s is the baseline now.") % {"release": made.release})
    return SeeOther(address_of("baseline", request.workspace.slug, agent))


@require_POST
@member_page(Right.SIGN_BASELINE)
def baseline_limits(request: MemberRequest, agent: str) -> HttpResponse:
    """Set how far the store may move from its baseline."""
    store = store_of(request.member, agent)
    form = BaselineLimitsForm(request.POST)
    if not form.is_valid():
        return baseline_page(request, store, limits=form, status=422)
    baselines.set_limits(store, Limits(**form.cleaned_data), by=request.member)
    messages.info(request, _("The limits are set."))
    return SeeOther(address_of("baseline", request.workspace.slug, agent))


def baseline_page(
    request: MemberRequest,
    store: MemoryStore,
    *,
    form: BaselineForm | None = None,
    limits: BaselineLimitsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer with the baseline in force, the distance from it, those before, and the two forms."""
    live, found = live_release(store), baselines.baseline_of(store)
    earlier = Baseline.objects.filter(store=store).exclude(replaced_at=None)
    limits_now = baselines.limits_of(store)
    context = {
        "agent": store.agent,
        "name": store.agent.slug if store.agent else SHARED,
        "live": live,
        "baseline": found,
        "distance": baselines.distance_of(found) if found else None,
        "limits": limits_now,
        "earlier": earlier.select_related("release", "signed_by").order_by("-number")[:LISTED],
        "form": form or BaselineForm(initial=initial_of(store, found, str(live))),
        "limits_form": limits
        or BaselineLimitsForm(
            initial={"percent": limits_now.percent, "changes": limits_now.changes}
        ),
    }
    return render(request, "reviews/baseline.html", context, status=status)


def initial_of(store: MemoryStore, found: Baseline | None, live: str) -> dict[str, str]:
    """Return what the form shows first: the purpose and limits signed last, else the agent's."""
    source = found or store.agent
    return {
        "release": live,
        "purpose": source.purpose if source else "",
        "limits": source.limits if source else "",
    }
