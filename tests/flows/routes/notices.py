"""The addresses of what people are told."""

from typing import Any

from reviews.models import Notice
from reviews.notices import Kind
from tests.cast import Cast
from tests.flows.routes.lines import Route, here, sends


def at_notice(cast: Cast) -> dict[str, Any]:
    made = Notice.objects.create(
        workspace=cast.workspace,
        person=cast.reviewer,
        kind="turn",
        key="1:turn:P-1:r1.v0",
        object="P-1",
        path="review/P-1/",
        how="digest",
    )
    return here(cast) | {"notice": made.public_id}


CHOSEN = sends(hour=7, zone="Europe/Berlin", **{kind.value: "off" for kind in Kind})
ROUTES = [
    # Notices                       anonymous outsider reviewer lead auditor admin token
    Route("notices", "GET", here, "in 404 200 200 200 200 in"),
    Route("notices_read", "POST", here, "in 404 422 422 422 422 in", sends(upto="x")),
    Route("notice_open", "GET", at_notice, "in 404 302 404 404 404 in"),
    Route("notifications", "GET", here, "in 404 200 200 200 200 in"),
    Route("notifications_set", "POST", here, "in 404 302 302 302 302 in", CHOSEN),
]
