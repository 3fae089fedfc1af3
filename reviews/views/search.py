"""The search field of the queue: what can come next, while one types."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents.access import member_page
from agents.http import MemberRequest, asked
from agents.rights import Right
from reviews.completions import complete
from reviews.searches import LONGEST


@require_GET
@member_page(Right.SEE_QUEUE)
def completions(request: MemberRequest) -> HttpResponse:
    text = asked(request, "q")[:LONGEST]
    caret = asked(request, "caret")
    at = int(caret) if caret.isascii() and caret.isdecimal() and len(caret) < 5 else len(text)
    options = complete(request.workspace, text, at)
    return render(request, "reviews/_options.html", {"options": options})
