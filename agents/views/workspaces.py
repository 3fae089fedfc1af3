"""The workspace page: its agents, who answers for them, and what is frozen."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from agents.access import agent_of, member_page
from agents.boundaries import set_boundary
from agents.errors import InvalidInput
from agents.forms import AgentForm, OwnerForm, owners_of
from agents.freezes import freeze_agent, freeze_workspace, unfreeze_agent, unfreeze_workspace
from agents.http import MemberRequest
from agents.models import Agent
from agents.personal import KINDS
from agents.rights import Right
from agents.workspaces import create_agent, set_owner, set_visible_checks


@require_GET
@member_page(Right.FREEZE)
def workspace(request: MemberRequest) -> HttpResponse:
    return workspace_page(request, AgentForm(workspace=request.workspace))


@require_POST
@member_page(Right.FREEZE)
def workspace_freeze(request: MemberRequest) -> HttpResponse:
    freeze_workspace(request.workspace, reason=request.POST.get("reason", ""), by=request.person)
    messages.info(request, _("{name} is frozen.").format(name=request.workspace.name))
    return redirect("workspace", request.workspace.slug)


@require_POST
@member_page(Right.UNFREEZE)
def workspace_unfreeze(request: MemberRequest) -> HttpResponse:
    unfreeze_workspace(request.workspace, reason=request.POST.get("reason", ""), by=request.person)
    messages.info(request, _("The freeze of {name} is lifted.").format(name=request.workspace.name))
    return redirect("workspace", request.workspace.slug)


@require_POST
@member_page(Right.FREEZE)
def agent_freeze(request: MemberRequest, agent: str) -> HttpResponse:
    found = agent_of(request.member, agent)
    freeze_agent(found, reason=request.POST.get("reason", ""), by=request.person)
    messages.info(request, _("{name} is frozen.").format(name=found.name))
    return redirect("workspace", request.workspace.slug)


@require_POST
@member_page(Right.UNFREEZE)
def agent_unfreeze(request: MemberRequest, agent: str) -> HttpResponse:
    found = agent_of(request.member, agent)
    unfreeze_agent(found, reason=request.POST.get("reason", ""), by=request.person)
    messages.info(request, _("The freeze of {name} is lifted.").format(name=found.name))
    return redirect("workspace", request.workspace.slug)


@require_POST
@member_page(Right.MANAGE_TOKENS)
def agent_add(request: MemberRequest) -> HttpResponse:
    form = AgentForm(request.POST, workspace=request.workspace)
    if form.is_valid():
        try:
            agent = create_agent(request.workspace, **form.cleaned_data, by=request.person)
        except InvalidInput as error:
            form.add_error(None, str(error))
        else:
            messages.info(
                request,
                _("{name} is added. Issue a token for its stack next.").format(name=agent.name),
            )
            return redirect("workspace", request.workspace.slug)
    return workspace_page(request, form, status=422)


@require_POST
@member_page(Right.MANAGE_TOKENS)
def agent_owner(request: MemberRequest, agent: str) -> HttpResponse:
    found = agent_of(request.member, agent)
    form = OwnerForm(request.POST, workspace=request.workspace)
    if not form.is_valid():
        raise InvalidInput("Choose one of the people of the list.")
    set_owner(found, form.cleaned_data["owner"], by=request.person)
    owner = form.cleaned_data["owner"]
    words = _("{owner} answers for {name} now.") if owner else _("Nobody answers for {name} now.")
    messages.info(request, words.format(owner=owner.name if owner else "", name=found.name))
    return redirect("workspace", request.workspace.slug)


@require_POST
@member_page(Right.START_DREAMS)
def checks_set(request: MemberRequest) -> HttpResponse:
    names = request.POST.get("names", "").splitlines()
    set_visible_checks(request.workspace, names, by=request.person)
    count = len(request.workspace.visible_checks)
    words = ngettext(
        "Dreams read {count} check by name.", "Dreams read {count} checks by name.", count
    )
    messages.info(request, words.format(count=count))
    return redirect("workspace", request.workspace.slug)


@require_POST
@member_page(Right.APPLY_RULES)
def boundary_set(request: MemberRequest) -> HttpResponse:
    sent = request.POST
    set_boundary(
        request.workspace,
        engines=sent.get("engines", "").split(),
        regions=sent.get("regions", "").split(),
        masked=sent.getlist("masked"),
        by=request.person,
    )
    regions = ", ".join(request.workspace.regions) or _("nowhere")
    messages.info(request, _("Sessions may leave to: %(regions)s.") % {"regions": regions})
    return redirect("workspace", request.workspace.slug)


def workspace_page(request: MemberRequest, form: AgentForm, status: int = 200) -> HttpResponse:
    """Render the page with what was typed so far."""
    agents = Agent.objects.filter(workspace=request.workspace).select_related("owner")
    context = {
        "agents": agents.order_by("name", "pk"),
        "owners": owners_of(request.workspace),
        "form": form,
        "kinds": KINDS,
    }
    return render(request, "agents/workspace.html", context, status=status)
