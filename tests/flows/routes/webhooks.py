"""The addresses of webhooks."""

from typing import Any

from reviews.models import Delivery, Webhook
from reviews.webhooks import seal
from tests.cast import Cast
from tests.flows.routes.lines import Route, here, sends


def at_webhook(cast: Cast) -> dict[str, Any]:
    made = Webhook.objects.create(
        workspace=cast.workspace,
        url="https://hooks.example/in",
        secret=seal("whsec_AAAA"),
        created_by=cast.admin,
    )
    return here(cast) | {"webhook": made.public_id}


def at_delivery(cast: Cast) -> dict[str, Any]:
    place = at_webhook(cast)
    webhook = Webhook.objects.get(public_id=place["webhook"])
    made = Delivery.objects.create(
        webhook=webhook, key="k", kind="turn", object="P-1", path="review/P-1/",
        message="msg_1", state="failed",
    )  # fmt: skip
    return place | {"message": made.message}


ROUTES = [
    # Webhooks                      anonymous outsider reviewer lead auditor admin token
    Route("webhooks", "GET", here, "in 404 403 403 403 200 in"),
    Route(
        "webhook_set",
        "POST",
        here,
        "in 404 403 403 403 200 in",
        sends(url="https://hooks.example/in", format="chat"),
    ),
    Route("webhook_rotate", "POST", at_webhook, "in 404 403 403 403 200 in"),
    Route("webhook_remove", "POST", at_webhook, "in 404 403 403 403 302 in"),
    Route("deliveries", "GET", at_webhook, "in 404 403 403 403 200 in"),
    Route("delivery_again", "POST", at_delivery, "in 404 403 403 403 302 in"),
]
