"""Whether this process lives and whether it can serve; the body says no more than that."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dreaming.readiness import is_ready


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive\n", content_type="text/plain")


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    if is_ready():
        return HttpResponse("ready\n", content_type="text/plain")
    return HttpResponse("not ready\n", status=503, content_type="text/plain")
