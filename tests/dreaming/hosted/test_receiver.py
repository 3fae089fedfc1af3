import base64
import json
from datetime import timedelta

import pytest
from django.test import Client

from agents.errors import MalformedRequest
from agents.models import HostedMessage, HostedStore
from dreaming.hosted.receiver import KEPT, MOST_BYTES, NotSigned, receive
from reviews.signatures import TOLERANCE_S, headers_of
from tests import build
from tests.clock import DAYBREAK

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"x" * 32).decode()


@pytest.fixture(autouse=True)
def secret(settings):
    settings.MANAGED_WEBHOOK_SECRET = SECRET


@pytest.fixture
def link(cast, clock):
    return build.hosted_store(cast.store, cast.lead, remote_id="memstore_1")


def body_of(kind="session.status_idled", about="sesn_1"):
    return json.dumps(
        {"type": "event", "id": "evt_1", "data": {"type": kind, "id": about}}
    ).encode()


def signed(body, message="evt_1", at=DAYBREAK, secrets=(SECRET,)):
    return headers_of(secrets, message, int(at.timestamp()), body)


def is_awake():
    return HostedStore.objects.get().wake_at is not None


@pytest.mark.parametrize(
    ("kind", "about", "woken"),
    [
        ("session.status_idled", "sesn_1", 1),
        ("session.thread_created", "sesn_1", 1),
        ("memory_store.archived", "memstore_1", 1),
        ("memory_store.archived", "memstore_2", 0),
        ("agent.updated", "agent_1", 0),
        ("of.tomorrow", "x", 0),
    ],
)
def test_a_signed_message_wakes_what_it_may_be_about(link, kind, about, woken):
    body = body_of(kind, about)
    assert receive(signed(body), body, DAYBREAK) == woken
    assert is_awake() is bool(woken)


def test_the_same_message_again_wakes_nothing(link):
    body = body_of()
    assert receive(signed(body), body, DAYBREAK) == 1
    HostedStore.objects.update(wake_at=None)
    assert receive(signed(body), body, DAYBREAK) == 0
    assert not is_awake()
    assert receive(signed(body, "evt_2"), body, DAYBREAK) == 1


@pytest.mark.parametrize("seconds", [-TOLERANCE_S - 1, TOLERANCE_S + 1])
def test_an_old_message_and_one_from_tomorrow_are_refused(link, seconds):
    body = body_of()
    with pytest.raises(NotSigned):
        receive(signed(body, at=DAYBREAK + timedelta(seconds=seconds)), body, DAYBREAK)
    assert not is_awake()


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
        {"webhook-signature": "v2,é"},
        {"webhook-id": "evt_9"},
        {"webhook-id": ""},
        {"webhook-id": "e" * 101},
        {"webhook-timestamp": str(int(DAYBREAK.timestamp()) + 1)},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "9" * 400},
    ],
)
def test_whatever_is_changed_breaks_the_signature(link, change):
    body = body_of()
    with pytest.raises(NotSigned):
        receive(signed(body) | change, body, DAYBREAK)
    assert not HostedMessage.objects.exists()
    assert not is_awake()


def test_another_secret_and_a_changed_body_are_refused(link):
    body = body_of()
    with pytest.raises(NotSigned):
        receive(signed(body, secrets=(OTHER,)), body, DAYBREAK)
    with pytest.raises(NotSigned):
        receive(signed(body), body + b" ", DAYBREAK)
    with pytest.raises(NotSigned):
        receive(signed(b"x" * (MOST_BYTES + 1)), b"x" * (MOST_BYTES + 1), DAYBREAK)


def test_one_of_two_signatures_is_enough_while_a_secret_is_rotated(link):
    body = body_of()
    assert receive(signed(body, secrets=(OTHER, SECRET)), body, DAYBREAK) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": 7}', b"[" * 5_000])
def test_a_signed_body_that_is_no_message_is_refused(link, body):
    with pytest.raises(MalformedRequest):
        receive(signed(body), body, DAYBREAK)
    assert not HostedMessage.objects.exists()


def test_old_messages_are_forgotten(link):
    HostedMessage.objects.create(message="old", received_at=DAYBREAK - KEPT - timedelta(hours=1))
    body = body_of()
    receive(signed(body), body, DAYBREAK)
    assert [one.message for one in HostedMessage.objects.all()] == ["evt_1"]


def test_the_address_takes_what_is_signed_from_anybody_and_says_no_more(link):
    client = Client(enforce_csrf_checks=True)
    body = body_of()
    sent = client.post(
        "/hooks/managed/", body, content_type="application/json", headers=signed(body)
    )
    assert (sent.status_code, sent.content) == (204, b"")
    assert is_awake()
    assert client.post("/hooks/managed/", body, content_type="application/json").status_code == 400
    assert client.get("/hooks/managed/").status_code == 405


def test_without_a_secret_there_is_no_such_address(link, settings):
    settings.MANAGED_WEBHOOK_SECRET = ""
    body = body_of()
    sent = Client().post(
        "/hooks/managed/", body, content_type="application/json", headers=signed(body)
    )
    assert sent.status_code == 404
