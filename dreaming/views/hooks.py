"""What a vendor calls: signed messages, never a person's page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from agents import clock
from dreaming.hosted.receiver import is_set, receive


@csrf_exempt
@require_POST
def managed_hook(request: HttpRequest) -> HttpResponse:
    if not is_set():
        raise Http404("No webhook is received here: its secret is not set.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    receive(headers, request.body, clock.now())
    return HttpResponse(status=204)
