"""Mails that say what waits: put together from notices, sent by the worker, tried again.

A mail holds ids, kinds and addresses, never words of a memory or a transcript. A lease is taken
before it is sent: a worker killed in mid send leaves at most one mail sent twice, and loses none.
"""

import logging
import time as machine_time
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.models import Membership
from agents.zones import zone_of
from reviews.models import Mail, Notice, NoticeChoices
from reviews.notices import WORDS, How, Kind

logger = logging.getLogger(__name__)

LIMIT = 200
LEASE = timedelta(minutes=5)
BACKOFF = (60, 300, 1_800, 7_200, 21_600, 43_200, 86_400)
"""Seconds until a mail that could not be sent is tried again; after the last it has failed."""

SENDING_S = 20.0
"""So long one tick sends at most: other work of the worker waits no longer."""

DIGEST_HOUR = 8


def post(now: datetime) -> int:
    """Address what is to be mailed by now and send what is due; return how many were sent."""
    address_immediate(now)
    address_digests(now)
    return send_due(now)


@transaction.atomic
def address_immediate(now: datetime) -> None:
    """Make one mail of each notice that is told at once; the key keeps a second worker from it."""
    waiting = Notice.objects.filter(how=How.IMMEDIATE, mail=None, settled_at=None, read_at=None)
    for notice in waiting.order_by("pk")[:LIMIT]:
        mail, _made = Mail.objects.get_or_create(
            key=f"n:{notice.pk}",
            defaults={
                "workspace_id": notice.workspace_id,
                "person_id": notice.person_id,
                "not_before": now,
                "created_at": now,
            },
        )
        Notice.objects.filter(pk=notice.pk).update(mail=mail)


@transaction.atomic
def address_digests(now: datetime) -> None:
    """Put what each person hears of once a day into one mail, at their hour on their clocks."""
    waiting = Notice.objects.filter(how=How.DIGEST, mail=None, settled_at=None, read_at=None)
    pairs = waiting.order_by().values_list("workspace", "person").distinct()
    for workspace, person in pairs[:LIMIT]:
        chosen = NoticeChoices.objects.filter(workspace=workspace, person=person).first()
        slot = digest_slot(now, chosen)
        theirs = waiting.filter(workspace=workspace, person=person, created_at__lt=slot)
        keys = list(theirs.values_list("pk", flat=True))
        if not keys:
            continue
        mail, made = Mail.objects.get_or_create(
            key=f"d:{workspace}:{person}:{slot:%Y-%m-%d}",
            defaults={
                "workspace_id": workspace,
                "person_id": person,
                "is_digest": True,
                "not_before": now,
                "created_at": now,
            },
        )
        if made:
            Notice.objects.filter(pk__in=keys).update(mail=mail)


def digest_slot(now: datetime, chosen: NoticeChoices | None) -> datetime:
    """Return the newest moment at which the person's digest is put together."""
    zone = zone_of(chosen.zone) if chosen else UTC
    hour = chosen.digest_hour if chosen else DIGEST_HOUR
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), time(hour), tzinfo=zone)
    slot = today if today <= local else today - timedelta(days=1)
    return slot.astimezone(UTC)


def send_due(now: datetime, *, limit: int = LIMIT) -> int:
    """Send what waits, the longest first; return how many went out."""
    due = Mail.objects.filter(state="waiting", not_before__lte=now).order_by("not_before", "pk")
    sent, began = 0, machine_time.monotonic()
    for mail in due.select_related("workspace", "person")[:limit]:
        if machine_time.monotonic() - began > SENDING_S:
            break
        sent += send(mail, now)
    return sent


def send(mail: Mail, now: datetime) -> int:
    """Send one mail under a lease; return 1 when this call sent it."""
    held = Mail.objects.filter(pk=mail.pk, state="waiting", attempts=mail.attempts)
    if not held.update(attempts=mail.attempts + 1, not_before=now + LEASE):
        return 0
    standing = list(
        mail.notices.filter(settled_at=None, read_at=None)
        .select_related("proposal__agent")
        .order_by("pk")
    )
    is_member = Membership.objects.filter(
        workspace=mail.workspace, person=mail.person, person__is_active=True
    ).exists()
    if not standing or not is_member:
        Mail.objects.filter(pk=mail.pk).update(state="dropped")
        return 0
    try:
        send_mail(subject_of(mail, standing), body_of(mail, standing), None, [mail.person.email])
    except (SMTPException, OSError) as error:
        _try_again(mail, now, error)
        return 0
    Mail.objects.filter(pk=mail.pk).update(state="sent", sent_at=now, error="")
    return 1


def _try_again(mail: Mail, now: datetime, error: Exception) -> None:
    tries = mail.attempts + 1
    has_failed = tries > len(BACKOFF)
    wait = BACKOFF[min(tries, len(BACKOFF)) - 1]
    logger.warning("mail_not_sent mail=%s attempts=%s cause=%s", mail.pk, tries, error)
    Mail.objects.filter(pk=mail.pk).update(
        state="failed" if has_failed else "waiting",
        not_before=now + timedelta(seconds=wait),
        error=type(error).__name__,
    )


def subject_of(mail: Mail, notices: Sequence[Notice]) -> str:
    """Return the subject: what is needed of which id, or how much waits."""
    if mail.is_digest:
        count = len(notices)
        words = ngettext("%(count)s thing waits for you", "%(count)s things wait for you", count)
        return f"{words % {'count': count}}: {mail.workspace.name}"
    notice = notices[0]
    return f"[{notice.object}] {said_of(notice)}"


def said_of(notice: Notice) -> str:
    """Return what a notice says, in a line without any text of a memory."""
    words = str(WORDS[Kind(notice.kind)])
    if notice.proposal is None:
        return words
    agent = notice.proposal.agent
    whose = _("%(name)s agent") % {"name": agent.name} if agent else _("shared memory")
    if notice.kind == Kind.TURN_HIGH:
        return _("Your decision is needed: high risk, %(agent)s") % {"agent": whose}
    risk = _("%(risk)s risk") % {"risk": notice.proposal.risk}
    return f"{words}: {risk}, {whose}"


def body_of(mail: Mail, notices: Sequence[Notice]) -> str:
    """Return the text: one line and one address for each thing."""
    place = f"{settings.BASE_URL}/w/{mail.workspace.slug}/"
    lines = [f"{one.object}: {said_of(one)}\n{place}{one.path}\n" for one in notices]
    foot = _("Decide in Daybreak; nothing is decided by mail. Choose what you hear of here:")
    return "\n".join([*lines, foot, f"{place}notifications/", ""])
