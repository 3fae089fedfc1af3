"""manage.py dream: run one dream in the foreground and print what it saw."""

import argparse
import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents import clock
from agents.models import Agent, MemoryStore, Person, Workspace
from agents.people import find_member
from agents.rights import Right
from dreaming.dreams import (
    UNFINISHED,
    Wish,
    drop_asking,
    find_engine,
    queue_dream,
    run_due,
    run_to_end,
)
from dreaming.errors import DreamingError
from dreaming.models import Dream, DreamState
from dreaming.results import result_of
from dreaming.spending import spell_estimate

BAD_INPUT = 4
WRONG_ARGUMENT = 2
EXIT_CODES = {
    DreamState.COMPLETED: 0,
    DreamState.SKIPPED: 0,
    DreamState.PARTIAL: 3,
    DreamState.HELD: 3,
    DreamState.FAILED: 1,
    DreamState.CANCELLED: 1,
}


class Command(BaseCommand):
    help = "Run one dream over an agent's memory, or over the workspace's shared memory."

    def run_from_argv(self, argv: list[str]) -> None:
        """Run, and end with 4 for a wrong argument too, where argparse ends with 2."""
        try:
            super().run_from_argv(argv)
        except SystemExit as end:
            raise SystemExit(BAD_INPUT if end.code == WRONG_ARGUMENT else end.code) from end

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        parser.add_argument("--agent", metavar="SLUG", help="without it: the shared memory")
        parser.add_argument("--engine", default="local", metavar="NAME")
        parser.add_argument("--as", dest="email", metavar="EMAIL", help="who starts it")
        parser.add_argument(
            "--estimate", action="store_true", help="say what it may cost, and spend nothing"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.monotonic()
        try:
            store = find_store(options["workspace"], options["agent"])
            wish = Wish(
                engine=options["engine"],
                started_by=find_starter(store, options["email"]),
                asks_first=options["estimate"],
            )
            if wish.asks_first and not find_engine(wish.engine).sends_data_to:
                self.stdout.write(f"The engine {wish.engine} runs here and costs nothing.")
                return
            dream = queue_dream(store, wish)
        except DreamingError as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        if wish.asks_first:
            self.print_estimate(run_to_estimate(dream), as_json=options["json"])
            return
        dream = run_to_end(dream)
        result = result_of(dream, seconds=round(time.monotonic() - begun, 3))
        if options["json"]:
            self.stdout.write(json.dumps(result, indent=2, sort_keys=True, ensure_ascii=False))
        else:
            self.print_words(dream, result)
        code = EXIT_CODES[DreamState(dream.state)]
        if code:
            raise SystemExit(code)

    def print_estimate(self, dream: Dream, *, as_json: bool) -> None:
        """Say what the dream may cost, or why nothing can be said; then nothing is left of it."""
        facts = {"dream": str(dream), "engine": dream.engine, "estimate": dream.estimate}
        words = spell_estimate(dream.estimate) if dream.estimate else ""
        if dream.asked_at is not None:
            drop_asking(dream, "Only its estimate was asked for; nothing was spent.")
        elif dream.failure:
            words = f"{words} {dream.failure}".strip()
        if as_json:
            told = json.dumps({**facts, "words": words}, indent=2, sort_keys=True)
            self.stdout.write(told)
        else:
            self.stdout.write(words)
        if code := EXIT_CODES[DreamState(dream.state)] if dream.asked_at is None else 0:
            raise SystemExit(code)

    def print_words(self, dream: Dream, result: dict[str, Any]) -> None:
        """Say in words what the dream read, saw and proposed."""
        self.stdout.write(f"{dream} {dream.state}. {dream.failure}".rstrip())
        self.stdout.write(f"{result['sessions_read']} sessions read in {result['seconds']} s.")
        for pattern in result["patterns"]:
            self.stdout.write(f"- {pattern['statement']}")
            self.stdout.write(f"  {' '.join(pattern['sentences'])}")
        for proposal in result["proposals"]:
            name = proposal["id"] or "not filed"
            self.stdout.write(f"{name} {proposal['status']}: {proposal['path']}")
        for dropped in result["dropped"]:
            self.stdout.write(f"Dropped: {dropped['what']}. {dropped['why']}")


def run_to_estimate(dream: Dream, *, poll_s: float = 0.2) -> Dream:
    """Run the dream until it asks or has ended, whoever runs it; return it as it is then."""
    row = Dream.objects.get(pk=dream.pk)
    while row.state in UNFINISHED and row.asked_at is None:
        if not run_due(row, clock.now()):
            time.sleep(poll_s)
        row = Dream.objects.get(pk=dream.pk)
    return row


def find_store(workspace: str, agent: str | None) -> MemoryStore:
    """Return the store that is meant, or stop with exit code 4 naming what is not there."""
    place = Workspace.objects.filter(slug=workspace).first()
    if place is None:
        raise CommandError(f"There is no workspace {workspace!r}.", returncode=BAD_INPUT)
    if agent is None:
        return MemoryStore.objects.select_related("workspace").get(workspace=place, agent=None)
    found = Agent.objects.filter(workspace=place, slug=agent).first()
    if found is None:
        known = ", ".join(place.agents.values_list("slug", flat=True)) or "none yet"
        raise CommandError(
            f"There is no agent {agent!r} in {workspace}; there are: {known}.",
            returncode=BAD_INPUT,
        )
    return MemoryStore.objects.select_related("workspace", "agent").get(agent=found)


def find_starter(store: MemoryStore, email: str | None) -> Person | None:
    """Return who starts the dream by hand; None when the system does."""
    if email is None:
        return None
    person = Person.objects.filter(email__iexact=email).first()
    member = find_member(person, store.workspace) if person else None
    if member is None or not member.may(Right.START_DREAMS):
        raise CommandError(
            f"{email} is no lead of {store.workspace.slug}; a lead starts dreams.",
            returncode=BAD_INPUT,
        )
    return person
