"""The few places of a pattern that are quoted: the same ones whatever order sessions come in."""

from bisect import insort
from dataclasses import dataclass, field

from dreaming.engines.base import Quote
from dreaming.engines.wording import order_session

KEPT = 12
QUOTES = 5
EXCERPT_LIMIT = 160


@dataclass(slots=True)
class Examples:
    """The first twelve sessions that show a pattern, and the words that show it there."""

    kept: list[tuple[tuple[int, str], int, str, str]] = field(default_factory=list)

    def add(self, session: str, task: str, event: int, text: str) -> None:
        """Take in the words of one event; blank words and events that are missing are passed by."""
        place = order_session(session)
        if len(self.kept) == KEPT and place > self.kept[-1][0]:
            return
        excerpt = text[:EXCERPT_LIMIT]
        if event < 0 or not excerpt.strip():
            return
        entry = place, event, excerpt, task
        if len(self.kept) < KEPT or entry < self.kept[-1]:
            insort(self.kept, entry)
            del self.kept[KEPT:]

    def quotes(self) -> tuple[Quote, ...]:
        """Return one quote of each of up to five sessions, of different tasks first."""
        first: dict[str, Quote] = {}
        rest: list[Quote] = []
        sessions: set[str] = set()
        for (_, session), event, text, task in self.kept:
            if session in sessions:
                continue
            sessions.add(session)
            quote = Quote(session, event, text)
            if first.setdefault(task or session, quote) is not quote:
                rest.append(quote)
        return (*first.values(), *rest)[:QUOTES]
