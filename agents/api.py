"""What agents' stacks call: sessions in, approved memory out. docs/api.md shows the calls."""

from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from pydantic import BaseModel

from agents.access import token_request
from agents.bodies import JSON, read_sessions
from agents.errors import MalformedRequest, UnknownAgent
from agents.http import TokenRequest
from agents.models import Agent, Scope
from agents.openapi import describe_api
from agents.reads import MemoryText, read_memory
from agents.sessions import COUNTED, Ingested, Kept, ingest_each
from agents.tokens import actor_of_token
from agents.transcripts.base import Refused
from agents.web.ids import BadId, parse_id, spell_id
from agents.wire import KeptSession, MemoryAnswer, MemoryItem, RefusedSession, SessionsAnswer

MARKDOWN = "text/markdown"
DEFAULT_BUDGET_TOKENS = 4_000
View = Callable[..., HttpResponseBase]


def only(*methods: str) -> Callable[[View], View]:
    """Let only these methods into a view; any other gets 405 in the API's words."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in methods:
                return view(request, *args, **kwargs)
            message = f"{request.method} is not possible here; use {methods[0]}."
            return JsonResponse(
                {"error": {"code": "method_not_allowed", "message": message}},
                status=HTTPStatus.METHOD_NOT_ALLOWED,
                headers={"Allow": ", ".join(methods)},
            )

        return guarded

    return decorate


@only("POST")
@token_request(Scope.SESSIONS_WRITE)
def sessions(request: TokenRequest) -> HttpResponse:
    """Store the sessions of the body: 200 all of them, 207 some, 422 none; the body says which."""
    parsed = read_sessions(request, request.agent.slug if request.agent else "")
    answer = answer_sessions(
        ingest_each(
            request.workspace,
            parsed,
            agent_for=lambda slug: agent_of_token(request, slug),
            actor=actor_of_token(request.token),
        )
    )
    return as_json(answer, status_of(answer))


@only("GET", "HEAD")
@token_request(Scope.MEMORY_READ)
def memory(request: TokenRequest, slug: str) -> HttpResponse:
    """Give a session that begins its memory, as Markdown or JSON; 304 for what it has already."""
    read = read_memory(
        agent_of_token(request, slug),
        wanted_session(request),
        wanted_budget(request),
        pinned_release=wanted_release(request),
    )
    is_json = request.get_preferred_type([MARKDOWN, JSON]) == JSON
    etag = f'"{read.etag}{"-json" if is_json else ""}"'
    if etag in sent_etags(request):
        response = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    elif is_json:
        response = as_json(answer_memory(read), HTTPStatus.OK)
    else:
        response = HttpResponse(read.text, content_type=f"{MARKDOWN}; charset=utf-8")
    for name, value in headers_of(read).items():
        response.headers[name] = value
    response.headers["ETag"] = etag
    return response


@only("GET", "HEAD")
def openapi(request: HttpRequest) -> HttpResponse:
    """Describe the API; open to everybody, for it says nothing about anybody."""
    return JsonResponse(describe_api())


def agent_of_token(request: TokenRequest, slug: str) -> Agent:
    """Return the agent of that slug if the token is for it; raises UnknownAgent."""
    if request.agent is not None:
        if request.agent.slug != slug:
            raise UnknownAgent(f"The token is for {request.agent.slug}, not for {slug[:80]!r}.")
        return request.agent
    agent = (
        Agent.objects.filter(workspace=request.workspace, slug=slug)
        .select_related("workspace")
        .first()
    )
    if agent is None:
        raise UnknownAgent(
            f"{request.workspace.slug} has no agent {slug[:80]!r}; an admin can add it."
        )
    return agent


def wanted_session(request: HttpRequest) -> str:
    """Return whose read this is; raises MalformedRequest when the session is not named."""
    session = request.GET.get("session", "")
    if not session:
        raise MalformedRequest(
            "session is missing: add ?session=<your id of the session that begins>, so that it"
            " is known what the session was given."
        )
    return session


def wanted_budget(request: HttpRequest) -> int:
    """Return the budget in tokens; raises MalformedRequest for anything but a whole number."""
    sent = request.GET.get("budget_tokens", str(DEFAULT_BUDGET_TOKENS))
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 9):
        raise MalformedRequest(f"budget_tokens is a whole number such as 4000, not {sent[:40]!r}.")
    return int(sent)


def wanted_release(request: HttpRequest) -> int | None:
    """Return the number of the release asked for, None for none; raises MalformedRequest."""
    sent = request.GET.get("release")
    if sent is None:
        return None
    try:
        return parse_id(sent, expected="R").number
    except BadId as error:
        raise MalformedRequest(f"release: {error}") from error


def sent_etags(request: HttpRequest) -> set[str]:
    """Return the tags of If-None-Match, weak ones as strong: a proxy that packs weakens them."""
    sent = request.headers.get("If-None-Match", "").split(",")
    return {tag.strip().removeprefix("W/") for tag in sent}


def headers_of(read: MemoryText) -> dict[str, str]:
    """Return what a read says about itself, whatever the form of its body."""
    return {
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Authorization",
        "Daybreak-Release": str(read.release),
        "Daybreak-Shared-Release": str(read.shared_release),
        "Daybreak-Memory-Sha256": read.sha256,
    }


def as_json(answer: BaseModel, status: HTTPStatus) -> HttpResponse:
    """Return the model as a JSON answer."""
    return HttpResponse(answer.model_dump_json(by_alias=True), content_type=JSON, status=status)


def status_of(answer: SessionsAnswer) -> HTTPStatus:
    """Return 200 when nothing was refused, 207 when something was, 422 when everything was."""
    if not answer.refused:
        return HTTPStatus.OK
    return HTTPStatus.MULTI_STATUS if answer.kept else HTTPStatus.UNPROCESSABLE_ENTITY


def answer_sessions(results: Iterable[Kept | Refused]) -> SessionsAnswer:
    """Return the answer for what became of each session."""
    totals = Ingested()
    kept: list[KeptSession] = []
    for result in results:
        totals.count(result)
        if isinstance(result, Kept):
            kept.append(
                KeptSession(
                    position=result.position,
                    external_id=result.external_id,
                    agent=result.agent,
                    id=spell_id("S", result.number),
                    standing=result.standing.value,
                )
            )
    return SessionsAnswer(
        sessions=totals.sessions,
        added=totals.added,
        unchanged=totals.unchanged,
        revised=totals.revised,
        **{name: getattr(totals, name) for name in COUNTED},
        kept=kept,
        refused=[RefusedSession(position=r.position, reason=r.reason) for r in totals.refused],
    )


def answer_memory(read: MemoryText) -> MemoryAnswer:
    """Return a read as its JSON answer."""
    return MemoryAnswer(
        text=read.text,
        sha256=read.sha256,
        tokens=read.tokens,
        release=str(read.release),
        shared_release=str(read.shared_release),
        items=[
            MemoryItem(
                memory=spell_id("M", item.memory),
                version=item.version,
                path=item.path,
                is_in=item.is_in,
                reason=item.reason,
            )
            for item in read.items
        ],
    )
