"""Secrets and personal data planted in many sessions: what of them a request would hold."""

import random
import sys
from collections import Counter
from dataclasses import replace

import pytest

from agents.personal import EVERY_KIND, KINDS
from agents.redaction import replace_secrets
from dreaming.departure import Departure
from dreaming.engines.claude.options import Options
from dreaming.engines.claude.reading import question_of
from dreaming.engines.claude.records import parts_of
from tests.agents.test_personal import BIRTHS, FOUND, LEFT
from tests.agents.test_redaction import LETTERS, SECRETS
from tests.dreaming.build_sessions import answers, calls, material, says, session

SESSIONS = 1_000
CARRIERS = (
    "Here it is: {planted}. Go on.",
    '{{"value": "{planted}", "ok": true}}',
    "export VALUE={planted}",
    "- first\n- {planted}\n- last",
    "({planted})",
)
SHAPES = [secret for secret, _ in SECRETS] + ["sk-admin-" + LETTERS * 2]
PLAIN = (
    "Please cancel order 1042, it was ordered twice.",
    "The parcel has 12 items and weighs 3.5 kg.",
    "Version 2.11.0 was released on 2026-11-20 at 12:30.",
    "Rate limit 429 after 1,000 requests in 60 s.",
)


def planted(dice, words):
    """A session in whose message, call or result the words stand."""
    told = dice.choice(CARRIERS).format(planted=words)
    step = dice.choice(
        (
            says(told, person="someone@example.net"),
            calls("send", "1", body=words),
            answers("read", told, "1"),
        )
    )
    plain = (says(dice.choice(PLAIN)) for _ in range(3))
    return session(dice.randrange(1, 10**6), step, *plain)


def without_secrets(one):
    """The session as it is stored: secrets are taken out when it comes in."""
    events = tuple(replace(e, text=replace_secrets(e.text).text) for e in one.events)
    return replace(one, events=events)


def requests_of(sessions):
    """Everything the requests for these sessions would hold, one text a session."""
    given = Departure(EVERY_KIND).send(material([without_secrets(one) for one in sessions]))
    for one in given.sessions:
        parts = (question_of(part, "mark", Options(), "") for part in parts_of(one))
        yield "".join(str(part.asked) for part in parts)


def test_there_are_forty_kinds_of_secrets_to_plant():
    assert len(set(SHAPES)) >= 40


def test_no_planted_secret_is_in_any_request():
    dice = random.Random(40)  # noqa: S311 (the same sessions each time)
    secrets = [secret for secret in SHAPES if "\n" not in secret]
    chosen = [secrets[at % len(secrets)] for at in range(SESSIONS)]
    sessions = [planted(dice, secret) for secret in chosen]
    found = [
        secret
        for secret, request in zip(chosen, requests_of(sessions), strict=True)
        if secret in request
    ]
    assert Counter(found) == Counter()


def test_personal_data_of_ten_kinds_is_covered_and_what_is_missed_is_told(capsys):
    dice = random.Random(10)  # noqa: S311
    known = [*FOUND, *((words, "date of birth") for words in BIRTHS)]
    chosen = [known[at % len(known)] for at in range(SESSIONS)]
    sessions = [planted(dice, words) for words, _ in chosen]
    missed, seen = Counter(), Counter()
    for (words, kind), request in zip(chosen, requests_of(sessions), strict=True):
        seen[kind] += 1
        missed[kind] += words in request
    with capsys.disabled():
        for kind in KINDS:
            recall = 1 - missed[kind] / seen[kind]
            sys.stdout.write(f"\n{kind:28} recall {recall:.2f} of {seen[kind]}")
    assert set(seen) == set(KINDS)
    assert sum(missed.values()) == 0


def test_what_is_no_personal_data_leaves_as_it_is():
    sessions = [session(at, says(text)) for at, text in enumerate((*LEFT, *PLAIN), start=1)]
    for text, request in zip((*LEFT, *PLAIN), requests_of(sessions), strict=True):
        assert " removed]" not in request, text


@pytest.mark.parametrize("name", ["Ada Lovelace", "12 Rue de la Paix, Paris"])
def test_names_and_addresses_do_leave_as_the_page_says(name):
    (request,) = requests_of([session(1, says(f"I am {name}."))])
    assert name in request


def test_nobody_who_speaks_is_named():
    (request,) = requests_of([session(1, says("Hello.", person="ada.lovelace"))])
    assert "ada.lovelace" not in request
    assert "person " in request
