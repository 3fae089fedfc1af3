"""Headers on every answer, and the one place where errors become HTTP."""

import logging
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseRedirectBase
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from agents import errors as agents_errors
from dreaming import errors as dreaming_errors
from reviews import errors as reviews_errors
from reviews.approval_rules import InvalidRule
from reviews.audit.requests import current_request
from reviews.diffs import UnsettledConflict
from reviews.lifecycle import IllegalTransition

logger = logging.getLogger(__name__)
Next = Callable[[HttpRequest], HttpResponse]

STATUSES: Mapping[type[Exception], HTTPStatus] = {
    agents_errors.StaleVersion: HTTPStatus.CONFLICT,
    agents_errors.Frozen: HTTPStatus.CONFLICT,
    agents_errors.StaleRelease: HTTPStatus.CONFLICT,
    agents_errors.InvalidPath: HTTPStatus.UNPROCESSABLE_ENTITY,
    agents_errors.StoreFull: HTTPStatus.UNPROCESSABLE_ENTITY,
    agents_errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    agents_errors.MalformedRequest: HTTPStatus.BAD_REQUEST,
    agents_errors.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    agents_errors.UnknownContentType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    agents_errors.UnknownAgent: HTTPStatus.NOT_FOUND,
    agents_errors.UnknownRelease: HTTPStatus.NOT_FOUND,
    agents_errors.InvalidToken: HTTPStatus.UNAUTHORIZED,
    agents_errors.ScopeMissing: HTTPStatus.FORBIDDEN,
    agents_errors.NotAllowed: HTTPStatus.FORBIDDEN,
    reviews_errors.StaleProposal: HTTPStatus.CONFLICT,
    reviews_errors.StaleRule: HTTPStatus.CONFLICT,
    IllegalTransition: HTTPStatus.CONFLICT,
    reviews_errors.UndoTooLate: HTTPStatus.CONFLICT,
    reviews_errors.AlreadyReserved: HTTPStatus.CONFLICT,
    reviews_errors.NotSeen: HTTPStatus.UNPROCESSABLE_ENTITY,
    reviews_errors.NotConfirmed: HTTPStatus.UNPROCESSABLE_ENTITY,
    reviews_errors.MayNotDecide: HTTPStatus.FORBIDDEN,
    reviews_errors.NotAllowed: HTTPStatus.FORBIDDEN,
    reviews_errors.NotYet: HTTPStatus.CONFLICT,
    reviews_errors.AlreadyAnswered: HTTPStatus.CONFLICT,
    reviews_errors.ReasonMissing: HTTPStatus.UNPROCESSABLE_ENTITY,
    reviews_errors.InvalidChange: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidRule: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnsettledConflict: HTTPStatus.UNPROCESSABLE_ENTITY,
    dreaming_errors.UnknownEngine: HTTPStatus.UNPROCESSABLE_ENTITY,
    dreaming_errors.NotStartable: HTTPStatus.CONFLICT,
    dreaming_errors.IllegalDreamMove: HTTPStatus.CONFLICT,
    dreaming_errors.NotLinkable: HTTPStatus.UNPROCESSABLE_ENTITY,
    dreaming_errors.VendorFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
    dreaming_errors.NotAnswerable: HTTPStatus.CONFLICT,
    dreaming_errors.LeaseLost: HTTPStatus.CONFLICT,
    dreaming_errors.InputChanged: HTTPStatus.CONFLICT,
}
TITLES: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "This request cannot be read",
    HTTPStatus.UNAUTHORIZED: "Sign in first",
    HTTPStatus.FORBIDDEN: "Not for your role",
    HTTPStatus.NOT_FOUND: "There is no such page",
    HTTPStatus.CONFLICT: "Something changed meanwhile",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This cannot be taken",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "This is too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "This type is not read here",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Daybreak could not answer",
}
OF_CODE: Mapping[str, str] = {"csrf_failed": "This form cannot be taken any more"}
"""Titles of what has a status in common with something else."""
PERMISSIONS = "camera=(), microphone=(), geolocation=()"
UNFOUND = "The address is wrong, or it belongs to a workspace you are not a member of."
WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is said instead of the page: a status, a stable word for programs, one for people."""

    status: HTTPStatus
    code: str
    message: str


class HeadersMiddleware:
    """Names the request, sets the content security rules, keeps audited pages out of caches."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers set; the request's id is known to the log until then."""
        name = secrets.token_hex(8)
        before = current_request.set(name)
        try:
            response = leave_fragment(request, self.get_response(request))
        finally:
            current_request.reset(before)
        response.headers["X-Request-ID"] = name
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if not request.path.startswith(f"/{settings.STATIC_URL.lstrip('/')}"):
            response.headers.setdefault("Cache-Control", "no-store")
            # The same address answers with a page or a piece of one.
            patch_vary_headers(response, ["HX-Request"])
        return response


class ErrorsMiddleware:
    """Turns the errors of the three rooms into answers."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; process_exception does the work."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer an error of ours; leave every other to Django."""
        refusal = refusal_of(error)
        return None if refusal is None else answer(request, refusal)


def refusal_of(error: Exception) -> Refusal | None:
    """Return what to answer for an error of ours, None for any other.

    The nearest class in the table decides, so that a new subclass is answered like its parent.
    """
    for kind in type(error).__mro__:
        status = STATUSES.get(kind)
        if status is not None:
            return Refusal(status, spell_code(type(error)), str(error))
    return None


def spell_code(kind: type[Exception]) -> str:
    """Return the stable word of an error for programs: StaleVersion is stale_version."""
    return WORD_START.sub("_", kind.__name__).lower()


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Say it as the caller reads: JSON to programs, a notice to a fragment, else a page."""
    if wants_json(request):
        return as_json(refusal)
    if request.headers.get("HX-Request") == "true":
        return as_notice(request, refusal)
    return as_page(request, refusal)


def wants_json(request: HttpRequest) -> bool:
    """Return whether a program asks: the API, or whoever accepts JSON and no pages."""
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or (
        "application/json" in accept and "text/html" not in accept
    )


def as_json(refusal: Refusal) -> HttpResponse:
    """Return {"error": {"code", "message"}} with the status."""
    response = JsonResponse(
        {"error": {"code": refusal.code, "message": refusal.message}}, status=refusal.status
    )
    if refusal.status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="daybreak"'
    return response


def as_notice(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Return a notice among the toasts: the pane may hold a half-written edit."""
    context = {"title": title_of(refusal), "message": refusal.message}
    content = render_to_string("errors/_notice.html", context, request)
    response = HttpResponse(content, status=refusal.status)
    response.headers["HX-Retarget"] = "#toasts"
    response.headers["HX-Reswap"] = "beforeend"
    return response


def as_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Return the whole error page, with the shell of whoever asks."""
    content = render_to_string("errors/error.html", page_of(refusal), request)
    return HttpResponse(content, status=refusal.status)


def page_of(refusal: Refusal) -> dict[str, str | None]:
    """Return what the error page says."""
    return {
        "title": title_of(refusal),
        "message": refusal.message,
        "request_id": current_request.get(),
    }


def title_of(refusal: Refusal) -> str:
    """Return what stands above the words of a refusal."""
    return OF_CODE.get(refusal.code) or TITLES[refusal.status]


def leave_fragment(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Make htmx leave the page where a fragment was redirected to a sign-in page.

    Followed as it is, the sign-in page would be painted into the pane.
    """
    if request.headers.get("HX-Request") != "true":
        return response
    if not isinstance(response, HttpResponseRedirectBase):
        return response
    if not urlsplit(response.url).path.startswith("/accounts/"):
        return response
    leaving = HttpResponseClientRedirect(response.url)
    leaving.cookies = response.cookies
    return leaving


def answer_unfound(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404; what a view said about the row is kept, a wrong address gets one sentence."""
    said = exception.args[0] if isinstance(exception, Http404) and exception.args else ""
    message = said if isinstance(said, str) and said else UNFOUND
    return answer(request, Refusal(HTTPStatus.NOT_FOUND, "not_found", message))


def answer_forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 for what Django itself refuses."""
    message = str(exception) or "Your role does not include this."
    return answer(request, Refusal(HTTPStatus.FORBIDDEN, "not_allowed", message))


def answer_unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 for what Django itself cannot read."""
    message = "The request is malformed or too large. Nothing was recorded."
    return answer(request, Refusal(HTTPStatus.BAD_REQUEST, "bad_request", message))


def answer_forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 for a form that does not carry this browser's own token."""
    logger.warning("csrf_refused path=%s cause=%s", request.path, reason)
    message = (
        "The form was opened before you signed in, or cookies are off. Nothing was recorded."
        " Reload the page and send it again."
    )
    return answer(request, Refusal(HTTPStatus.FORBIDDEN, "csrf_failed", message))


def answer_failure(request: HttpRequest) -> HttpResponse:
    """Answer 500 without the database, a session or the shell: one of them may be the cause."""
    message = (
        "Something failed on our side. Reload the page to see whether your last step was recorded."
        f" Give the operator this id: {current_request.get() or '-'}."
    )
    refusal = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "failed", message)
    if wants_json(request):
        return as_json(refusal)
    content = render_to_string("errors/error.html", page_of(refusal))
    return HttpResponse(content, status=refusal.status)
