"""The pages of webhooks: the secret is shown once, what failed is seen and sent again."""

import pytest

from reviews.models import Delivery, Webhook
from tests.reviews.views.desks import post, text_of

pytestmark = pytest.mark.django_db

AT = "/w/northwind/webhooks/"
SENT = {"url": "https://hooks.example/in", "format": "events"}


def page(client, address: str = AT) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return text_of(response)


def test_without_any_nothing_leaves(cast, client_of) -> None:
    assert "Nothing leaves this installation." in page(client_of(cast.admin))


def test_the_secret_is_shown_once(cast, client_of, clock) -> None:
    client = client_of(cast.admin)
    shown = text_of(post(client, f"{AT}set/", SENT))
    assert "whsec_" in shown
    html = page(client)
    assert "https://hooks.example/in" in html
    assert "whsec_" not in html


def test_a_wrong_address_comes_back_with_the_reason(cast, client_of) -> None:
    answer = post(client_of(cast.admin), f"{AT}set/", SENT | {"url": "http://hooks.example/"})
    assert answer.status_code == 422
    assert "over https only" in text_of(answer)
    assert not Webhook.objects.exists()


def test_it_gets_a_new_secret_and_is_removed(cast, client_of, clock) -> None:
    client = client_of(cast.admin)
    post(client, f"{AT}set/", SENT)
    webhook = Webhook.objects.get()
    assert "For a day" in text_of(post(client, f"{AT}{webhook.public_id}/rotate/", {}))
    post(client, f"{AT}{webhook.public_id}/remove/", {})
    assert "hooks.example" not in page(client)
    assert client.get(f"{AT}{webhook.public_id}/").status_code == 404


def test_what_failed_is_seen_and_sent_again(cast, client_of, clock) -> None:
    client = client_of(cast.admin)
    post(client, f"{AT}set/", SENT)
    webhook = Webhook.objects.get()
    log = f"{AT}{webhook.public_id}/"
    assert "Nothing has been sent yet." in page(client, log)
    row = Delivery.objects.create(
        webhook=webhook, key="k", kind="turn", object="P-7", path="review/P-7/", message="msg_1",
        state="failed", error="answered 503", attempts=8,
    )  # fmt: skip
    assert "answered 503" in page(client, log)
    assert post(client, f"{log}{row.message}/again/", {}).status_code == 302
    assert Delivery.objects.get().state == "waiting"
    assert post(client, f"{log}{row.pk + 1}/again/", {}).status_code == 404
