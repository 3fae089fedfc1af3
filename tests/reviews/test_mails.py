"""Mails: at once or once a day, without words of a memory, tried again, never lost."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail as outbox

from agents.people import remove_person
from reviews import mails
from reviews.audit.actors import SYSTEM
from reviews.mails import BACKOFF, post
from reviews.models import Mail, Notice
from reviews.notices import choose
from reviews.watch import watch
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.reviews.filings import WITH_COMMAND
from tests.reviews.views.desks import approve, member

pytestmark = pytest.mark.django_db


class DeadServer:
    """A mail server that hangs up, in the place of the one that is configured."""

    def __init__(self, **_: object) -> None:
        pass

    def send_messages(self, _: object) -> int:
        raise SMTPServerDisconnected("gone")


def urgent(cast: Cast, clock: FakeClock) -> str:
    """File what everybody hears of at once."""
    made = build.filed(cast.store, content=WITH_COMMAND)
    watch(clock())
    return str(made)


def test_high_risk_is_mailed_at_once_to_each(cast: Cast, clock: FakeClock, settings) -> None:
    settings.BASE_URL = "https://daybreak.example"
    name = urgent(cast, clock)
    assert post(clock()) == 3
    assert sorted(one.to[0] for one in outbox.outbox) == [
        "lena@northwind.example", "rosa@northwind.example", "sven@northwind.example",
    ]  # fmt: skip
    first = outbox.outbox[0]
    assert first.subject == f"[{name}] Your decision is needed: high risk, Refund-Desk agent"
    assert f"https://daybreak.example/w/northwind/review/{name}/" in first.body


def test_no_word_of_a_memory_stands_in_a_mail(cast: Cast, clock: FakeClock) -> None:
    urgent(cast, clock)
    post(clock())
    for one in outbox.outbox:
        said = f"{one.subject} {one.body}"
        assert "cancelled" not in said
        assert "curl" not in said


def test_nothing_is_mailed_twice(cast: Cast, clock: FakeClock) -> None:
    urgent(cast, clock)
    assert [post(clock()) for _ in range(3)] == [3, 0, 0]
    assert Mail.objects.filter(state="sent").count() == 3


def test_the_rest_comes_once_a_day_at_the_persons_hour(cast: Cast, clock: FakeClock) -> None:
    choose(member(cast, "reviewer"), {}, hour=9, zone="Europe/Berlin")
    for n in range(2):
        build.filed(cast.store, path=f"/{n}.md")
    watch(clock())
    assert post(clock()) == 0
    clock.advance(hours=1, minutes=59)
    assert post(clock()) == 0
    clock.advance(minutes=1)
    post(clock())
    mine = [one for one in outbox.outbox if one.to == ["rosa@northwind.example"]]
    assert [one.subject for one in mine] == ["2 things wait for you: Northwind"]
    assert "P-1" in mine[0].body
    assert "P-2" in mine[0].body
    clock.advance(hours=3)
    assert post(clock()) == 0


def test_what_was_decided_before_the_digest_is_left_out(cast: Cast, clock: FakeClock) -> None:
    first, second = (build.filed(cast.store, path=f"/{n}.md") for n in range(2))
    watch(clock())
    approve(cast, first)
    watch(clock())
    clock.advance(days=1)
    post(clock())
    assert outbox.outbox
    assert all(str(second) in one.body for one in outbox.outbox)
    assert all(f"{first}:" not in one.body for one in outbox.outbox)


def test_without_mail_chosen_none_is_sent(cast: Cast, clock: FakeClock) -> None:
    for name in ("reviewer", "second_reviewer", "lead"):
        choose(member(cast, name), {"turn_high": "off"}, hour=8, zone="UTC")
    urgent(cast, clock)
    clock.advance(days=2)
    post(clock())
    assert not [one for one in outbox.outbox if "high risk" in one.subject]
    assert Notice.objects.filter(kind="turn_high").count() == 3


def test_what_is_no_longer_asked_is_not_sent(cast: Cast, clock: FakeClock) -> None:
    urgent(cast, clock)
    mails.address_immediate(clock())
    Notice.objects.update(settled_at=clock())
    assert post(clock()) == 0
    assert set(Mail.objects.values_list("state", flat=True)) == {"dropped"}


def test_who_has_left_gets_no_mail(cast: Cast, clock: FakeClock) -> None:
    urgent(cast, clock)
    remove_person(cast.workspace, cast.reviewer, by=SYSTEM)
    assert post(clock()) == 2


def test_a_server_that_hangs_up_is_tried_again_and_then_said_to_have_failed(
    cast: Cast, clock: FakeClock, settings
) -> None:
    urgent(cast, clock)
    settings.EMAIL_BACKEND = "tests.reviews.test_mails.DeadServer"
    assert post(clock()) == 0
    waiting = Mail.objects.first()
    assert (waiting.state, waiting.error) == ("waiting", "SMTPServerDisconnected")
    assert waiting.not_before == clock() + timedelta(seconds=BACKOFF[0])
    for seconds in BACKOFF:
        clock.advance(seconds=seconds)
        post(clock())
    assert set(Mail.objects.values_list("state", flat=True)) == {"failed"}


def test_a_mail_whose_worker_was_killed_goes_out_after_its_lease(
    cast: Cast, clock: FakeClock
) -> None:
    urgent(cast, clock)
    mails.address_immediate(clock())
    one = Mail.objects.first()
    Mail.objects.filter(pk=one.pk).update(attempts=1, not_before=clock() + mails.LEASE)
    assert post(clock()) == 2
    clock.advance(seconds=mails.LEASE.total_seconds())
    assert post(clock()) == 1


def test_two_workers_do_not_send_the_same_mail(cast: Cast, clock: FakeClock) -> None:
    urgent(cast, clock)
    mails.address_immediate(clock())
    one = Mail.objects.select_related("workspace", "person").first()
    assert [mails.send(one, clock()), mails.send(one, clock())] == [1, 0]
