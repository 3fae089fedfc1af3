"""The tokens page of an admin: what agents' stacks hold, and what they may do with it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents import clock
from agents.access import member_page
from agents.errors import InvalidInput
from agents.forms import TokenForm
from agents.http import MemberRequest
from agents.models import Token
from agents.rights import Right
from agents.tokens import issue_token, revoke_token


@require_GET
@member_page(Right.MANAGE_TOKENS)
def tokens(request: MemberRequest) -> HttpResponse:
    return tokens_page(request, TokenForm(workspace=request.workspace))


@require_POST
@member_page(Right.MANAGE_TOKENS)
def token_issue(request: MemberRequest) -> HttpResponse:
    form = TokenForm(request.POST, workspace=request.workspace)
    if form.is_valid():
        try:
            issued = issue_token(request.workspace, **form.cleaned_data, by=request.person)
        except InvalidInput as error:
            form.add_error(None, str(error))
        else:
            # Shown by this answer and by no other: a redirect would have to keep the secret.
            return render(request, "agents/token_issued.html", {"issued": issued})
    return tokens_page(request, form, status=422)


@require_POST
@member_page(Right.MANAGE_TOKENS)
def token_revoke(request: MemberRequest, token: str) -> HttpResponse:
    found = Token.objects.filter(workspace=request.workspace, public_id=token).first()
    if found is None:
        raise Http404(f"{request.workspace.name} has no such token.")
    revoke_token(request.workspace, found, by=request.person)
    messages.info(request, _("The token {start}… is revoked.").format(start=found.start))
    return redirect("tokens", request.workspace.slug)


def tokens_page(request: MemberRequest, form: TokenForm, status: int = 200) -> HttpResponse:
    """Render the page with what was typed so far: live tokens first, the newest of them first."""
    rows = Token.objects.filter(workspace=request.workspace).select_related("agent", "issued_by")
    now = clock.now()
    every = list(rows.order_by("-created_at", "-pk"))
    live = [token for token in every if token.revoked_at is None and token.expires_at > now]
    context = {
        "live": live,
        "ended": [token for token in every if token not in live],
        "form": form,
    }
    return render(request, "agents/tokens.html", context, status=status)
