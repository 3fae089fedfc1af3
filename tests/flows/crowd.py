"""Many people who decide on the same proposals at the same moment, over HTTP."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings
from django.test import Client

from agents import clock
from agents.models import MemoryVersion, Person
from agents.people import add_person
from reviews import reconcile
from reviews.audit import sealing
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry
from reviews.changes import Trust
from reviews.models import Decision, Proposal
from tests import build
from tests.flows.visitor import Visitor

WORKSPACE = "northwind"
SCRIPT = {"HX-Request": "true"}
REFUSED = 409


def gather(people: int, proposals: int) -> None:
    """Fill an installation with reviewers, signed in, and what they decide on; print who they are.

    Runs inside the installation; each proposal needs one approval.
    """
    northwind = build.workspace(WORKSPACE)
    store = build.agent(northwind, "clerk").store
    for at in range(proposals):
        words = f"Order type {at} cannot be cancelled once it is shipped.\n"
        made = build.filed(store, content=words, taint=Trust.MEMBER)
        if made.route["needs"] != [[None, 1]]:
            raise SystemExit(f"{made} needs {made.route['needs']}, the race is for one approval")
    keys = [sign_in(at) for at in range(people)]
    numbers = list(Proposal.objects.order_by("number").values_list("number", flat=True))
    print(json.dumps({"sessions": keys, "numbers": numbers}))  # noqa: T201


def sign_in(at: int) -> str:
    """Make reviewer number `at` and return the key of a session that has begun."""
    email = f"reviewer{at}@{WORKSPACE}.example"
    workspace = build.Workspace.objects.get(slug=WORKSPACE)
    added = add_person(workspace, email=email, name=f"Reviewer {at}", role="reviewer", by=SYSTEM)
    client = Client()
    client.force_login(added.person, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def settle() -> None:
    """Seal and sign the log, verify it, and print what the race left behind.

    Runs inside the installation.
    """
    sealing.seal()
    sealing.checkpoint(clock.now())
    report = reconcile.verify()
    print(  # noqa: T201
        json.dumps(
            {
                "states": Counter(Proposal.objects.values_list("state", flat=True)),
                "decisions": list(Decision.objects.values_list("proposal__number", "verdict")),
                "deciders": Decision.objects.values("person").distinct().count(),
                "people": Person.objects.count(),
                "refused": Entry.objects.filter(action=Action.DECISION_REFUSED).count(),
                "paths": dict(Proposal.objects.values_list("number", "path")),
                "versions": list(MemoryVersion.objects.values_list("memory__path", flat=True)),
                "log": report.status.name,
                "problems": [str(problem) for problem in report.problems],
            }
        )
    )


@dataclass(frozen=True, slots=True)
class Try:
    """One person's try on one proposal; words: what the page said, '' where it was refused."""

    person: int
    number: int
    verdict: str
    status: int
    words: str

    @property
    def is_won(self) -> bool:
        """Say whether this decision was recorded, as the server told its person."""
        return self.status in {200, 303}


@dataclass(frozen=True, slots=True)
class Race:
    """What everybody was answered, and how long it took from the barrier to the last answer."""

    tries: tuple[Try, ...]
    seconds: float

    @property
    def won(self) -> list[Try]:
        """Return the tries that were taken."""
        return [one for one in self.tries if one.is_won]

    @property
    def statuses(self) -> Counter[int]:
        """Return how many tries got which status."""
        return Counter(one.status for one in self.tries if not one.is_won)

    @property
    def wins(self) -> Counter[int]:
        """Return how many proposals each winner decided."""
        return Counter(one.person for one in self.won)

    def told(self) -> str:
        """Return the race in one line."""
        wins = sorted(self.wins.values(), reverse=True)
        return (
            f"{len(self.tries)} tries in {self.seconds:.1f} s, {len(self.won)} taken, "
            f"refused {dict(self.statuses)}, {len(wins)} winners: {wins}"
        )


def race(port: int, sessions: Sequence[str], numbers: Sequence[int]) -> Race:
    """Let everybody try every proposal, each in an own order; every other person rejects."""
    barrier = threading.Barrier(len(sessions) + 1)
    with ThreadPoolExecutor(len(sessions)) as pool:
        runs = [
            pool.submit(decide_all, port, at, key, numbers, barrier)
            for at, key in enumerate(sessions)
        ]
        barrier.wait()
        began = time.monotonic()
        tries = [one for run in runs for one in run.result()]
    return Race(tuple(tries), time.monotonic() - began)


def decide_all(
    port: int, person: int, key: str, numbers: Sequence[int], barrier: threading.Barrier
) -> list[Try]:
    """Open a page, wait for everybody, then try every proposal as the pages showed them."""
    visitor = Visitor(port)
    visitor.cookies[settings.SESSION_COOKIE_NAME] = key
    order = random.Random(person).sample(numbers, len(numbers))  # noqa: S311
    verdict = "reject" if person % 2 else "approve"
    page = visitor.get(address(order[0]))
    shown = page.form(address(order[0], "approve")).fields
    barrier.wait()
    # People with script get the pane; one pair in five has none and gets the whole page.
    headers = SCRIPT if person % 10 > 1 else {}
    fields = shown | ({"code": "wrong"} if verdict == "reject" else {})
    tries = []
    for number in order:
        answer = visitor.post(address(number, verdict), fields, headers)
        words = "" if answer.status == REFUSED else answer.words[:400]
        tries.append(Try(person, number, verdict, answer.status, words))
    visitor.close()
    return tries


def address(number: int, act: str = "") -> str:
    """Return the address of a proposal, or of what is done to it."""
    return f"/w/{WORKSPACE}/review/P-{number}/" + (f"{act}/" if act else "")
