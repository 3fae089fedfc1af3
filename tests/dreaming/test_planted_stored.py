"""Secrets planted in stored sessions, over the whole way: no row, request, log line or export."""

import logging

import pytest

from agents.models import Event
from agents.people import find_member
from agents.transcripts.base import ParsedCheck, Verdict
from dreaming.dreams import Wish, queue_dream, run_to_end
from reviews.audit import sealing
from reviews.exports import Period, export_history, export_path
from reviews.models import Proposal
from tests import build
from tests.attacks.test_attacks_by_model import everything
from tests.dreaming.test_planted import CARRIERS, SHAPES

pytestmark = pytest.mark.django_db(transaction=True)


def plant(agent, at, secret):
    """Store a session that holds the secret in each of its parts, with an error others share."""
    told = CARRIERS[at % len(CARRIERS)].format(planted=secret)
    build.session(
        agent,
        (
            build.says(f"Always keep this: {told}"),
            build.calls("send_letter", f'{{"body": "{secret}"}}'),
            build.answers(f"Error: the letter is too long. {told}", tool="send_letter", error=True),
        ),
        verdict=Verdict.FAILURE,
        checks=[ParsedCheck(name="letter", passed=False, message=f"Not sent: {told}")],
        task_key=f"letters:{at}",
        principal=f"person-{at}",
    )


def is_in(secret, text):
    """Say whether the secret stands in the text, as it is or as JSON or a row spells it."""
    spelled = {secret, secret.replace("\n", "\\n"), secret.replace("\n", "\\\\n")}
    return any(one in text for one in spelled)


def exported(workspace, auditor):
    """Return everything both forms of an export hold."""
    sealing.seal()
    member = find_member(auditor, workspace)
    texts = []
    for form in ("jsonl", "csv"):
        made = export_history(workspace, form=form, period=Period(), by=member)
        texts.append(export_path(workspace, made.number, form).read_text(encoding="utf-8"))
    return "".join(texts)


def test_no_planted_secret_is_anywhere_once_its_session_is_stored(house, vendor, caplog):
    caplog.set_level(logging.DEBUG)
    for at, secret in enumerate(SHAPES):
        plant(house.agent, at, secret)
    marks = Event.objects.filter(text__contains="[secret removed: ").count()
    assert marks >= 2 * len(SHAPES)
    for engine in ("local", "claude"):
        made = run_to_end(queue_dream(house.store, Wish(engine=engine)))
        assert made.state in {"completed", "partial"}, made.failure
    assert Proposal.objects.exists()
    places = {
        "a request": b"".join(one.raw for one in vendor.received).decode(),
        "a row": str(everything()),
        "a log line": caplog.text,
        "an export": exported(house.workspace, house.auditor),
    }
    assert len(vendor.received) > len(SHAPES)
    found = [
        (secret[:12], place)
        for secret in SHAPES
        for place, text in places.items()
        if is_in(secret, text)
    ]
    assert found == []


def test_the_search_finds_what_is_there(house):
    plain = "ordinary-word-of-nobody"
    build.session(house.agent, (build.says(f"Keep {plain}."),))
    assert is_in(plain, str(everything()))
