"""/metrics: numbers for whoever watches the installation, by bearer token or from this machine."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from dreaming.metrics import exposition

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if settings.METRICS_TOKEN:
        if not has_token(request):
            return _refuse("Send DAYBREAK_METRICS_TOKEN as: Authorization: Bearer …\n", 401)
    elif not is_local(request):
        return _refuse("Only this machine may read; set DAYBREAK_METRICS_TOKEN for others.\n", 403)
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def has_token(request: HttpRequest) -> bool:
    """Say whether the request carries the token, in a time that tells nothing of it."""
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and constant_time_compare(
        sent.strip(), settings.METRICS_TOKEN
    )


def is_local(request: HttpRequest) -> bool:
    """Say whether the request began on this machine; where there are proxies it may not have."""
    is_passed_on = any(name in request.headers for name in FORWARDED)
    if is_passed_on or settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _refuse(words: str, status: int) -> HttpResponse:
    answer = HttpResponse(words, status=status, content_type="text/plain")
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
