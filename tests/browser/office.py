"""The demo served for real, its people each in a browser of their own, and an agent that reads."""

import json
import shutil
import signal
import sqlite3
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from dreaming.demo.company import CLAIMS, PASSWORD, WORKSPACE, DemoPerson
from tests.browser.conftest import Watch
from tests.processes import Installation, install, status_of, wait_for

DOOR = "/accounts/login/"
START_S = 120
WANTED = f"""
SELECT proposal.number, revision.content
FROM reviews_proposal AS proposal
JOIN reviews_proposalrevision AS revision ON revision.proposal_id = proposal.id
JOIN agents_agent AS agent ON agent.id = proposal.agent_id
WHERE agent.slug = '{CLAIMS.slug}' AND proposal.state = 'pending'
ORDER BY proposal.number
"""  # noqa: S608 (a constant of ours)


def rows(folder: Path, query: str) -> list[tuple]:
    """Return what a query finds in the database in `folder`."""
    with closing(sqlite3.connect(folder / "daybreak.sqlite3", timeout=20)) as database:
        return database.execute(query).fetchall()


def fill(folder: Path) -> None:
    """Start the demo in `folder`, wait until its worker has dreamt, and stop it by Ctrl-C."""
    folder.mkdir(mode=0o700)
    filled = open_in(folder)
    try:
        process = filled.start("demo")
        wait_for("the demo", lambda: status_of(filled.url + DOOR) == 200, START_S)
        query = "SELECT count(*) FROM dreaming_dream WHERE state IN ('completed', 'partial')"
        wait_for("its dreams", lambda: rows(folder, query) == [(4,)], START_S)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    finally:
        filled.end()


def open_in(folder: Path) -> Installation:
    """Return an installation on the database in `folder`."""
    return install(folder, f"sqlite:///{folder / 'daybreak.sqlite3'}")


def copy_of(filled: Path, folder: Path) -> Installation:
    """Return an installation with everything of a demo that was filled before."""
    shutil.copytree(filled, folder)
    return open_in(folder)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal that waits for a decision."""

    number: int
    text: str

    @property
    def phrase(self) -> str:
        """Return words that stand in no other memory."""
        return self.text.splitlines()[0]


@dataclass(frozen=True, slots=True)
class Read:
    """What one session of the agent was given."""

    session: str
    release: str
    sha256: str
    text: str


@dataclass(slots=True)
class Reader:
    """The agent Claims documents: every call of `begin` is a session that begins."""

    url: str
    token: str
    sessions: count = field(default_factory=lambda: count(1))

    def begin(self) -> Read:
        """Return the memory a new session is given."""
        return self.ask(f"story-{next(self.sessions)}")

    def ask(self, session: str) -> Read:
        """Return the memory `session` is given, for the first time or again."""
        address = f"{self.url}/api/v1/agents/{CLAIMS.slug}/memory"
        request = urllib.request.Request(
            f"{address}?session={session}&budget_tokens=4000",
            headers={"Authorization": f"Bearer {self.token}", "Accept": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            told = json.load(answer)
        return Read(session, told["release"], told["sha256"], told["text"])

    def begin_after(self, before: Read, holds: Callable[[Read], bool]) -> Read:
        """Return the first read of a new session that is of a later release; `holds` is its due."""
        last = [before]

        def is_there() -> bool:
            last[0] = self.begin()
            return last[0].release != before.release

        wait_for(f"a release after {before.release}", is_there)
        assert holds(last[0]), last[0].text
        return last[0]


@dataclass(slots=True)
class Office:
    """The demo's people at their desks, each signed in by the door."""

    installation: Installation
    browser: Browser
    watch: Watch
    script: bool = True
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return the address of the workspace."""
        return f"{self.installation.url}/w/{WORKSPACE}"

    def serve(self) -> None:
        """Start the demo's processes."""
        self.installation.start("demo")
        wait_for("the demo", lambda: status_of(self.installation.url + DOOR) == 200, START_S)

    def waiting(self) -> list[Waiting]:
        """Return what waits for a decision about Claims documents."""
        return [Waiting(*row) for row in rows(self.installation.folder, WANTED)]

    def about(self, *words: str) -> list[Waiting]:
        """Return what waits about each of `words`, in their order."""
        waiting = self.waiting()
        return [next(one for one in waiting if word in one.text) for word in words]

    def let_in(self, person: DemoPerson) -> Page:
        """Return a page in a browser of the person's own, who has come in by the door."""
        context = self.browser.new_context(
            viewport={"width": 1440, "height": 900},
            locale="en-GB",
            java_script_enabled=self.script,
        )
        self.contexts.append(context)
        page = self.open_tab(context)
        page.goto(self.installation.url + DOOR)
        page.get_by_label("Work e-mail").fill(person.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.url}/**")
        return page

    def open_tab(self, context: BrowserContext) -> Page:
        """Return another tab of the same browser, watched like the first."""
        page = context.new_page()
        page.set_default_timeout(20_000)
        self.watch.attach(page)
        return page

    def close(self) -> None:
        """End the browsers and the processes."""
        for context in self.contexts:
            context.close()
        self.installation.end()
