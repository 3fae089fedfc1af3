"""The walls: who gets in, and the rows of a workspace that a member or a token may name.

An outsider gets 404, never 403: that a workspace or a row exists is itself not for them.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django_htmx.http import HttpResponseClientRedirect

from agents.errors import InvalidToken, ScopeMissing
from agents.http import MemberRequest, TokenRequest
from agents.models import (
    Agent,
    Memory,
    MemoryStore,
    Person,
    Release,
    Scope,
    Session,
    Token,
    Workspace,
)
from agents.people import Member, find_member_at, require_right
from agents.rights import Right
from agents.stores import MAX_MEMORY_BYTES
from agents.tokens import find_token, note_use

P = ParamSpec("P")
MemberView = Callable[Concatenate[MemberRequest, P], HttpResponseBase]
TokenView = Callable[Concatenate[TokenRequest, P], HttpResponseBase]
View = Callable[..., HttpResponseBase]
SHARED = "shared"
"""The name of the workspace's own store in addresses and commands; no agent may be called so."""


def member_for(person: Person | AnonymousUser, slug: str) -> Member:
    """Return the person as a member of the workspace called `slug`.

    Raises Http404 for an outsider and for a workspace that does not exist: the two look the same.
    """
    member = None
    if isinstance(person, Person) and person.is_active:
        member = find_member_at(person, slug)
    if member is None:
        raise Http404("There is no such workspace, or you are not a member of it.")
    return member


LEFT = "left_words"
"""The key of a session under which the words of an ended one wait."""

WORDS_LEFT = ("reason", "text")
"""The fields whose words are kept so."""


def member_page(right: Right) -> Callable[[MemberView[P]], View]:
    """Let only members with `right` into a view below /w/<slug:workspace>/.

    The view gets a MemberRequest (member, workspace, person) and the address's other parts, without
    `workspace`. Nobody signed in: to the sign-in page and back. Outsider: 404. Right missing: 403.
    """

    def decorate(view: MemberView[P]) -> View:
        @wraps(view)
        def guarded(
            request: HttpRequest, workspace: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return sign_in_redirect(request)
            # Known before the right is asked for, so that the refusal keeps the member's shell.
            known = as_member_request(request, member_for(request.user, workspace))
            require_right(known.member, right)
            return view(known, *args, **kwargs)

        guarded.right = right  # type: ignore[attr-defined]  # read by the authorisation matrix
        return guarded

    return decorate


def signed_in_page(view: Callable[Concatenate[HttpRequest, P], HttpResponseBase]) -> View:
    """Let anybody who is signed in into a view outside the workspaces."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return sign_in_redirect(request)
        return view(request, *args, **kwargs)

    return guarded


def token_request(scope: Scope) -> Callable[[TokenView[P]], View]:
    """Let only a live token with `scope` into a view: `Authorization: Bearer dbk_...`.

    The view gets a TokenRequest (token, workspace, agent). Cookies are never read, so no other
    site can make a browser send this request and the CSRF check is off. Raises InvalidToken (401)
    and ScopeMissing (403), which the middleware answers as JSON.
    """

    def decorate(view: TokenView[P]) -> View:
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            token = find_token(bearer_of(request))
            if scope not in token.scopes:
                raise ScopeMissing(
                    f"The token {token.start}… does not have the scope {scope}. It has"
                    f" {', '.join(token.scopes)}."
                )
            note_use(token)
            return view(as_token_request(request, token), *args, **kwargs)

        guarded.scope = scope  # type: ignore[attr-defined]  # read by the authorisation matrix
        return guarded

    return decorate


def as_member_request(request: HttpRequest, member: Member) -> MemberRequest:
    """Return the same request with the member on it."""
    typed = cast("MemberRequest", request)
    typed.member, typed.workspace, typed.person = member, member.workspace, member.person
    return typed


def as_token_request(request: HttpRequest, token: Token) -> TokenRequest:
    """Return the same request with the token on it."""
    typed = cast("TokenRequest", request)
    typed.token, typed.workspace, typed.agent = token, token.workspace, token.agent
    return typed


def bearer_of(request: HttpRequest) -> str:
    """Return the secret of the Authorization header, or raise InvalidToken."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise InvalidToken("A token is missing. Send it as: Authorization: Bearer dbk_…")
    return secret.strip()


def sign_in_redirect(request: HttpRequest) -> HttpResponse:
    """Send to the sign-in page and back to the page the person was on.

    A fragment request cannot follow a redirect without painting the sign-in page into the page, so
    htmx is told to leave (HX-Redirect). A POST is not repeated: the way back is its page.
    """
    leave_words(request)
    back = request.get_full_path()
    htmx = getattr(request, "htmx", None)
    if htmx:
        back = htmx.current_url_abs_path or "/"
    elif request.method not in ("GET", "HEAD"):
        back = came_from(request) or "/"
    url = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
    return HttpResponseClientRedirect(url) if htmx else HttpResponseRedirect(url)


def leave_words(request: HttpRequest) -> None:
    """Keep what stood in a form whose session had ended, for its writer when they are back.

    The form says who wrote it: whoever else signs in here next is not shown it. Nothing is kept of
    a form that names nobody, or of more than a memory may hold: that could not be sent either.
    """
    said = {name: request.POST.get(name, "").replace("\0", "") for name in WORDS_LEFT}
    size = sum(len(words.encode(errors="surrogatepass")) for words in said.values())
    writer = request.POST.get("writer", "")
    if not (writer and 0 < size <= 2 * MAX_MEMORY_BYTES):
        return
    if Person.objects.filter(public_id=writer).exists():
        request.session[LEFT] = said | {"path": request.path, "writer": writer}


def came_from(request: HttpRequest) -> str | None:
    """Return the page that sent this request, if it is one of ours."""
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(
        referer, {request.get_host()}, require_https=request.is_secure()
    ):
        return referer
    return None


def agent_of(member: Member, slug: str) -> Agent:
    """Return the workspace's agent of that slug, or raise Http404."""
    agent = (
        Agent.objects.filter(workspace=member.workspace, slug=slug)
        .select_related("owner", "workspace")
        .first()
    )
    if agent is None:
        raise Http404(f"{member.workspace.name} has no agent {slug!r}.")
    return agent


def store_of(member: Member, name: str) -> MemoryStore:
    """Return an agent's store by the agent's slug, or the shared one, or raise Http404."""
    owner = Q(agent=None) if name == SHARED else Q(agent__slug=name)
    store = (
        MemoryStore.objects.filter(owner, workspace=member.workspace)
        .select_related("agent", "workspace")
        .first()
    )
    if store is None:
        raise Http404(f"{member.workspace.name} has no memory store {name!r}.")
    return store


def stores_of(workspace: Workspace) -> QuerySet[MemoryStore]:
    """Return the stores of the workspace, the shared one first, then by agent's name."""
    stores = MemoryStore.objects.filter(workspace=workspace).select_related("agent", "workspace")
    return stores.order_by("agent__name", "pk")


def name_in_addresses(store: MemoryStore) -> str:
    """Return the name by which `store_of` finds the store."""
    return store.agent.slug if store.agent else SHARED


def session_of(member: Member, number: int) -> Session:
    """Return the workspace's session S-`number`, or raise Http404."""
    session = (
        Session.objects.filter(workspace=member.workspace, number=number)
        .select_related("agent", "workspace")
        .first()
    )
    if session is None:
        raise Http404(f"{member.workspace.name} has no session S-{number}.")
    return session


def memory_of(member: Member, number: int) -> Memory:
    """Return the workspace's memory M-`number` with its head, or raise Http404."""
    memory = (
        Memory.objects.filter(workspace=member.workspace, number=number)
        .select_related("store__agent", "head", "workspace")
        .first()
    )
    if memory is None:
        raise Http404(f"{member.workspace.name} has no memory M-{number}.")
    return memory


def release_of(member: Member, number: int) -> Release:
    """Return the workspace's release R-`number`, or raise Http404."""
    release = (
        Release.objects.filter(workspace=member.workspace, number=number)
        .select_related(
            "store__agent", "store__workspace", "parent", "goes_back_to", "published_by"
        )
        .first()
    )
    if release is None:
        raise Http404(f"{member.workspace.name} has no release R-{number}.")
    return release
