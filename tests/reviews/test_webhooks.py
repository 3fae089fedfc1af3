"""Webhooks: set by an admin, signed, sent once, tried again, sent again by hand."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from agents.errors import InvalidInput, NotAllowed
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.models import Delivery, Webhook
from reviews.signatures import sign
from reviews.watch import watch
from reviews.webhooks import BACKOFF, MOST, deliver, remove, rotate, send_again, set_webhook
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.reviews.filings import WITH_COMMAND
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db


class Receiver(HTTPServer):
    """A server on this machine that keeps what it gets and answers `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.url = f"http://127.0.0.1:{self.server_port}/in"


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((dict(self.headers.items()), body))
        self.send_response(self.server.status)
        self.send_header("location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def made(cast: Cast, url: str, form: str = "events") -> tuple[Webhook, str]:
    return set_webhook(cast.workspace, url=url, form=form, by=member(cast, "admin"))


def happen(cast: Cast, clock: FakeClock) -> str:
    name = str(build.filed(cast.store, content=WITH_COMMAND))
    watch(clock())
    return name


def test_what_happens_is_sent_once_signed_and_without_words_of_memory(
    cast: Cast, clock: FakeClock, receiver: Receiver, settings
) -> None:
    settings.BASE_URL = "https://daybreak.example"
    _, secret = made(cast, receiver.url)
    name = happen(cast, clock)
    assert [deliver(clock()), deliver(clock())] == [1, 0]
    ((headers, body),) = receiver.got
    assert json.loads(body) == {
        "type": "notice.turn_high",
        "timestamp": "2026-11-21T06:00:00Z",
        "data": {
            "workspace": "northwind",
            "object": name,
            "url": f"https://daybreak.example/w/northwind/review/{name}/",
        },
    }
    at = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == sign(secret, headers["webhook-id"], at, body)


def test_a_chat_gets_a_text_with_a_link(cast: Cast, clock: FakeClock, receiver: Receiver) -> None:
    made(cast, receiver.url, "chat")
    name = happen(cast, clock)
    deliver(clock())
    text = json.loads(receiver.got[0][1])["text"]
    assert text.startswith(f"{name}: Your decision is needed, high risk. http")
    assert text.endswith(f"/review/{name}/")


def test_for_a_day_after_a_rotation_both_secrets_verify(
    cast: Cast, clock: FakeClock, receiver: Receiver
) -> None:
    webhook, old = made(cast, receiver.url)
    new = rotate(webhook, by=member(cast, "admin"))
    assert old != new
    for hours, both in ((0, True), (25, False)):
        clock.advance(hours=hours)
        build.filed(cast.store, path=f"/{hours}.md", content=WITH_COMMAND)
        watch(clock())
        deliver(clock())
        headers, body = receiver.got[-1]
        message, at = headers["webhook-id"], int(headers["webhook-timestamp"])
        signatures = headers["webhook-signature"].split(" ")
        expected = [sign(new, message, at, body)]
        assert signatures == expected + ([sign(old, message, at, body)] if both else [])


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_is_not_taken_is_tried_again_and_redirects_are_not_followed(
    cast: Cast, clock: FakeClock, receiver: Receiver, status: int
) -> None:
    made(cast, receiver.url)
    happen(cast, clock)
    receiver.status = status
    assert deliver(clock()) == 0
    row = Delivery.objects.get()
    assert (row.state, row.status, row.attempts) == ("waiting", status, 1)
    assert row.not_before == clock() + timedelta(seconds=BACKOFF[0])
    assert len(receiver.got) == 1
    receiver.status = 200
    clock.advance(seconds=BACKOFF[0])
    assert deliver(clock()) == 1
    assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]


def test_after_its_attempts_it_has_failed_and_can_be_sent_again_by_hand(
    cast: Cast, clock: FakeClock, receiver: Receiver
) -> None:
    made(cast, receiver.url)
    happen(cast, clock)
    receiver.status = 503
    deliver(clock())
    for seconds in BACKOFF:
        clock.advance(seconds=seconds)
        deliver(clock())
    row = Delivery.objects.order_by("pk").first()
    assert (row.state, row.error) == ("failed", "answered 503")
    receiver.status = 200
    send_again(row, by=member(cast, "admin"))
    deliver(clock())
    assert Delivery.objects.get(pk=row.pk).state == "sent"


def test_a_private_address_is_never_asked(cast: Cast, clock: FakeClock) -> None:
    made(cast, "https://10.0.0.7/in")
    happen(cast, clock)
    assert deliver(clock()) == 0
    assert "not public" in Delivery.objects.get().error


def test_only_what_happens_after_it_was_set_is_sent(
    cast: Cast, clock: FakeClock, receiver: Receiver
) -> None:
    happen(cast, clock)
    clock.advance(minutes=1)
    made(cast, receiver.url)
    assert deliver(clock()) == 0


def test_nothing_is_sent_to_one_that_was_removed(
    cast: Cast, clock: FakeClock, receiver: Receiver
) -> None:
    webhook, _ = made(cast, receiver.url)
    happen(cast, clock)
    for _ in range(2):
        remove(webhook, by=member(cast, "admin"))
    assert deliver(clock()) == 0
    assert Entry.objects.filter(action=Action.WEBHOOK_REMOVED).count() == 1


def test_the_secret_is_kept_encrypted_and_stands_in_no_entry(cast: Cast, clock: FakeClock) -> None:
    webhook, secret = made(cast, "https://hooks.example/a")
    assert secret not in webhook.secret
    assert not any(secret in entry.body for entry in Entry.objects.all())
    assert Entry.objects.get(action=Action.WEBHOOK_SET).object == f"webhook:{webhook.public_id}"


@pytest.mark.parametrize("name", ["reviewer", "lead", "auditor"])
def test_nobody_but_an_admin_sets_one(cast: Cast, name: str) -> None:
    with pytest.raises(NotAllowed, match="webhooks"):
        set_webhook(cast.workspace, url="https://a.example/", form="chat", by=member(cast, name))


def test_a_workspace_has_so_many(cast: Cast, clock: FakeClock) -> None:
    for n in range(MOST):
        made(cast, f"https://a.example/{n}")
    with pytest.raises(InvalidInput, match="are the most"):
        made(cast, "https://a.example/more")


def test_an_unknown_format_is_refused(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="no format"):
        made(cast, "https://a.example/", "pigeon")
