"""Stated preferences and corrections, gathered over sessions and grouped by paraphrase.

Only people's turns are read. What one person wants in one task is no preference of a workspace:
distinct people and tasks are counted, and the words of a group are those of one person.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from dreaming.engines.base import Candidate, Dropped, EngineEvent, EngineSession, Quote
from dreaming.engines.calls import Found, Reading
from dreaming.engines.wishes import (
    may_hold_wish,
    phrase_correction,
    phrase_wish,
    split_sentences,
)
from dreaming.engines.wording import cut_title, order_session
from dreaming.likeness import Form, Guard, find_most_alike, form_of
from reviews.changes import TRUST_ORDER, Trust

QUOTES = 5
_MESSAGE_LIMIT = 8000
_LEADERS = 200
"""How many groups a rare word is followed to: keeps grouping linear in the number of wishes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One sentence in which a person said what they want, and the instruction made of it."""

    session: str
    task_key: str
    person: str
    event: int
    excerpt: str
    instruction: str
    trust: str


@dataclass(slots=True)
class WishLedger:
    """The wishes of a dream, gathered one session at a time: instruction -> who stated it."""

    wishes: dict[str, list[Wish]] = field(default_factory=dict)

    def read_session(self, reading: Reading) -> None:
        """Take in the wishes people stated in one session, each instruction once."""
        session = reading.session
        seen: set[str] = set()
        for event in session.events:
            if event.remembered or not event.text:
                continue
            for excerpt, instruction in find_wishes(event):
                if instruction not in seen:
                    seen.add(instruction)
                    self.wishes.setdefault(instruction, []).append(
                        _make_wish(session, event, excerpt, instruction)
                    )

    def summarise(self, *, at_least: int) -> Found:
        """Return a candidate for each group of `at_least` sessions, and how many were rarer."""
        groups = group_wishes(self.wishes)
        recurring = [group for group in groups if len({w.session for w in group}) >= at_least]
        candidates = tuple(make_candidate(group) for group in recurring)
        rare = len(groups) - len(recurring)
        if not rare:
            return candidates, ()
        told = f"{rare} of them, each in one session only."
        return candidates, (Dropped("wishes stated once", told),)


def _make_wish(session: EngineSession, event: EngineEvent, excerpt: str, wish: str) -> Wish:
    return Wish(
        session=session.id,
        task_key=session.task_key,
        person=event.person or session.principal,
        event=event.index,
        excerpt=excerpt,
        instruction=wish,
        trust=_trust_speaker(event),
    )


def _trust_speaker(event: EngineEvent) -> str:
    """Return the trust of a person's words: a member's, or no more than a principal's."""
    trust = Trust(event.trust)
    if trust is Trust.MEMBER:
        return trust.value
    return max(trust, Trust.PRINCIPAL, key=TRUST_ORDER.index).value


def find_wishes(event: EngineEvent) -> Iterator[tuple[str, str]]:
    """Yield (the sentence as it stands in the event, the instruction) for each wish in an event."""
    phrase = _choose_reading(event)
    if phrase is None:
        return
    for sentence in split_sentences(event.text[:_MESSAGE_LIMIT]):
        if instruction := phrase(sentence):
            yield sentence, instruction


def _choose_reading(event: EngineEvent) -> Callable[[str], str] | None:
    if event.kind in {"edit", "rejection"}:
        return phrase_correction
    if event.kind == "message" and event.role == "user" and may_hold_wish(event.text):
        return phrase_wish
    return None


def group_wishes(wishes: dict[str, list[Wish]]) -> list[list[Wish]]:
    """Return wishes grouped by paraphrase: the same guards, and 85 of 100 in likeness of words.

    The most stated form of a group leads it; the order of sessions does not matter.
    """
    groups: list[list[Wish]] = []
    leaders = _Leaders()
    for text in sorted(wishes, key=lambda text: (-len(wishes[text]), text)):
        place = leaders.place(form_of(text))
        if place == len(groups):
            groups.append([])
        groups[place].extend(wishes[text])
    return groups


class _Leaders:
    """The first form of each group, found again by guard and by the rarer words."""

    def __init__(self) -> None:
        self.forms: list[Form] = []
        self.exact: dict[Form, int] = {}
        self.by_word: dict[tuple[Guard, str], list[int]] = {}

    def place(self, form: Form) -> int:
        """Return the group of `form`; one more than there were where it is like none."""
        found = self.exact.get(form)
        if found is None:
            postings = [
                self.by_word.setdefault((form.guard, word), []) for word in form.words.split()
            ]
            found = self._find_like(form, sorted(postings, key=len))
            if found is None:
                found = len(self.forms)
                self.forms.append(form)
                for posting in postings:
                    posting.append(found)
            self.exact[form] = found
        return found

    def _find_like(self, form: Form, postings: Sequence[list[int]]) -> int | None:
        near: set[int] = set()
        for posting in postings[: max(1, (len(postings) + 1) // 2)]:
            near.update(posting[:_LEADERS])
        places = sorted(near)
        found = find_most_alike(form, [self.forms[place] for place in places])
        return None if found is None else places[found]


def make_candidate(group: Sequence[Wish]) -> Candidate:
    """Return a group of like wishes as a candidate; its words are those of one person."""
    ordered = sorted(group, key=lambda wish: (order_session(wish.session), wish.event))
    lead = choose_words(ordered)
    return Candidate(
        kind="preference",
        tool="",
        template=form_of(lead.instruction).words,
        statement=lead.instruction,
        title=cut_title(lead.instruction.rstrip(".")),
        matched=frozenset(wish.session for wish in ordered),
        quotes=choose_quotes(ordered, lead),
        signal="words",
        scope="people",
        people=frozenset(wish.person for wish in ordered if wish.person),
        sources=(lead.trust,),
    )


def choose_words(group: Sequence[Wish]) -> Wish:
    """Return the wish whose words stand for the group: most trusted, most stated, shortest."""
    counts: dict[str, int] = {}
    for wish in group:
        counts[wish.instruction] = counts.get(wish.instruction, 0) + 1
    return min(
        group,
        key=lambda wish: (
            TRUST_ORDER.index(Trust(wish.trust)),
            -counts[wish.instruction],
            len(wish.instruction),
            wish.instruction,
            order_session(wish.session),
        ),
    )


def choose_quotes(group: Sequence[Wish], lead: Wish) -> tuple[Quote, ...]:
    """Return up to five quotes: the words used first, then other people, tasks and sessions."""
    chosen = [lead]
    people, tasks, sessions = {lead.person}, {lead.task_key}, {lead.session}
    for wish in (
        *(w for w in group if w.person not in people),
        *(w for w in group if w.task_key not in tasks),
        *group,
    ):
        if len(chosen) == QUOTES:
            break
        if wish.session not in sessions:
            chosen.append(wish)
            sessions.add(wish.session)
    return tuple(Quote(wish.session, wish.event, wish.excerpt) for wish in chosen)
