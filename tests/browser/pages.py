"""A few small pages that use every shared part, for the stories of the scripts alone."""

import time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import URLPattern, URLResolver, include, path

from agents.web.charts import GrowthPoint, Rate, growth_of, pair_of, two_rates
from dreaming import urls as product

PANE = """<main class="pane" id="pane" tabindex="-1" data-title="Item {{ n }} · Daybreak">
<header class="pane-head"><h1>Item {{ n }}</h1></header>
<div class="pane-body" tabindex="0" role="region" aria-label="Item"><p>{{ said }}</p>
<form><label class="vh" for="note">Note</label><input id="note" name="note" data-key="/">
<label class="vh" for="mine">Mine</label><textarea id="mine" name="mine"></textarea></form></div>
<form class="actions" method="post" action="/t/decide/{{ n }}/" hx-post="/t/decide/{{ n }}/"
 hx-target="#pane" hx-swap="outerHTML" hx-sync="this:drop">{% csrf_token %}
<button class="btn solid lg" type="submit" name="verdict" value="yes" data-key="a"
 data-key-label="Approve change" data-busy="Approving…">Approve
 <kbd aria-hidden="true">A</kbd></button>
<button class="btn lg" type="submit" name="verdict" value="{{ second }}"
 data-key="r">Reject</button>
<button class="btn lg" type="button" data-opens="why" data-key="x">Why</button>
<button class="btn lg" type="submit" name="verdict" value="ctrl" data-key="mod+enter">Send</button>
<a class="btn" href="/t/item/{{ next }}/" hx-get="/t/item/{{ next }}/" hx-target="#pane"
 hx-swap="outerHTML" hx-push-url="true" data-key="j" data-key-label="Next item">Next</a>
<p class="effect">Effect</p></form></main>"""
FRAME = (
    """{% extends "base.html" %}{% block title %}Item{% endblock %}
{% block skip_to %}pane{% endblock %}
{% block main %}<div class="desk">
<section class="queue" id="queue" aria-label="Queue" hx-ext="morph">
<p id="counter">{{ n }}</p></section>"""
    + PANE
    + """</div><dialog class="dlg" id="why" aria-labelledby="wt">
<div class="dlg-head"><h2 id="wt">Why</h2>
<form method="dialog"><button class="btn" aria-label="Close">x</button></form></div>
<div class="in"><button class="btn" type="button" data-closes>Cancel</button></div></dialog>
{% endblock %}"""
)
PROGRESS = """<section id="progress"{% if n < 3 %} data-poll="1" data-quiet
 hx-get="/t/progress/{{ next }}/"
 hx-trigger="dream-tick" hx-swap="outerHTML"{% endif %}>{{ n }} of 3</section>"""
PARTS = """{% extends "base.html" %}{% block title %}Parts{% endblock %}{% block content %}
<h1 class="title">Parts</h1>
{% include "_chart_two_rates.html" with chart=rates only %}
{% include "_chart_pair.html" with pair=pair only %}
{% include "_chart_growth.html" with chart=growth only %}
{% include "_diff.html" with rows=rows current=2 only %}
{% include "_diff.html" with rows=rows view="side" only %}
{% include "_notice.html" with kind="bad" title="It broke." text="Try later." only %}
{% include "_empty.html" with title="Nothing" text="Nothing yet." only %}
<p>{{ hostile|visible }}</p>{% endblock %}"""


def render(request: HttpRequest, source: str, **context: Any) -> HttpResponse:
    return HttpResponse(engines["django"].from_string(source).render(context, request))


def item(request: HttpRequest, n: int) -> HttpResponse:
    source = PANE if request.headers.get("HX-Request") else FRAME
    second = request.GET.get("second", "no")
    return render(request, source, n=n, next=n + 1, said="Shown.", second=second)


def decide(request: HttpRequest, n: int) -> HttpResponse:
    verdict = request.POST["verdict"]
    if verdict in {"409", "500", "403"}:
        answer = render(request, PANE, n=n, next=n + 1, said="Changed meanwhile.", second="no")
        answer.status_code = int(verdict)
        return answer
    if verdict == "slow":
        time.sleep(1.2)
    if verdict == "signin":
        answer = HttpResponse(status=302)
        answer["Location"] = "/accounts/login/"
        return answer
    if not request.headers.get("HX-Request"):
        messages.info(request, f"Item {n} decided")
        answer = HttpResponse(status=303)
        answer["Location"] = f"/t/item/{n + 1}/"
        return answer
    live = '<div id="live" hx-swap-oob="innerHTML">Item {{ was }} decided.</div>'
    queue = """<section class="queue" id="queue" aria-label="Queue" hx-ext="morph"
 hx-swap-oob="morph"><p id="counter">{{ n }}</p></section>"""
    toast = """<div id="toasts" hx-swap-oob="beforeend"><div class="toast" role="status"
 data-expires="2"><p>Item {{ was }}: {{ said }}</p></div></div>"""
    return render(
        request,
        PANE + live + queue + toast,
        n=n + 1,
        was=n,
        next=n + 2,
        said=verdict,
        second="no",
    )


def progress(request: HttpRequest, n: int) -> HttpResponse:
    frame = '{% extends "base.html" %}{% block content %}<h1>P</h1>' + PROGRESS + "{% endblock %}"
    source = PROGRESS if request.headers.get("HX-Request") else frame
    return render(request, source, n=n, next=n + 1)


def parts(request: HttpRequest) -> HttpResponse:
    from datetime import date  # noqa: PLC0415

    from reviews.diffs import diff  # noqa: PLC0415

    same = "\n".join(f"Line {n}." for n in range(12))
    growth = growth_of([GrowthPoint(date(2026, 11, n), 90 + n, n, 1) for n in range(1, 9)])
    return render(
        request,
        PARTS,
        rates=two_rates(Rate("Not read", 1, 13), Rate("Read first", 18, 41)),
        pair=pair_of(Rate("a", 1, 13), Rate("b", 18, 41)),
        growth=growth,
        rows=diff(f"One.\nTwo words here.\n{same}", f"One.\nTwo other words\u202e.\n{same}").rows,
        hostile="<script>alert(1)</script>\u202egpj",
    )


urlpatterns: list[URLPattern | URLResolver] = [
    path("t/item/<int:n>/", item),
    path("t/decide/<int:n>/", decide),
    path("t/progress/<int:n>/", progress),
    path("t/parts/", parts),
    path("", include(product)),
]
handler404 = product.handler404
