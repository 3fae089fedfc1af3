"""Stated preferences and corrections, gathered over sessions and grouped by paraphrase.

Only people's turns are read. What one person wants in one task is no preference of a workspace:
distinct people and tasks are counted, and the words of a group are those of one person. A wish
with a condition ("on Fridays, …") is another wish than the same without it. Where people said
opposite things both stand in the evidence, newest last, and nothing is settled here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dreaming.engines.base import Candidate, Dropped, EngineEvent, EngineSession, Quote
from dreaming.engines.calls import Found, Reading
from dreaming.engines.wishes import (
    StatedWish,
    may_hold_wish,
    phrase_correction,
    phrase_wish,
    split_sentences,
)
from dreaming.engines.wording import cut_title, order_session
from dreaming.likeness import Form, Guard, find_most_alike, form_of
from reviews.changes import TRUST_ORDER, Trust

QUOTES = 5
_UNDATED = datetime.min.replace(tzinfo=UTC)
_MESSAGE_LIMIT = 8000
_DENIALS = frozenset({"not", "stop", "avoid", "without", "cannot", "neither", "always"})
_LEADERS = 200
"""How many groups a rare word is followed to: keeps grouping linear in the number of wishes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One sentence in which a person said what they want, and the instruction made of it.

    condition: when it is meant to hold, '' always; at: when it was said, as far as known.
    """

    session: str
    task_key: str
    person: str
    event: int
    excerpt: str
    instruction: str
    trust: str
    condition: str = ""
    at: datetime | None = None

    @property
    def order(self) -> tuple[datetime, tuple[int, str], int]:
        """Return the key that puts what was said last at the end, undated words first."""
        return self.at or _UNDATED, order_session(self.session), self.event


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
            for excerpt, stated in find_wishes(event):
                if stated.instruction not in seen:
                    seen.add(stated.instruction)
                    self.wishes.setdefault(stated.instruction, []).append(
                        _make_wish(session, event, excerpt, stated)
                    )

    def summarise(self, *, at_least: int) -> Found:
        """Return a candidate for each group of `at_least` sessions, and how many were rarer."""
        groups = group_wishes(self.wishes)
        recurring = [group for group in groups if len({w.session for w in group}) >= at_least]
        opposites = Opposites(recurring)
        candidates = tuple(make_candidate(group, opposites.of(group)) for group in recurring)
        rare = len(groups) - len(recurring)
        if not rare:
            return candidates, ()
        told = f"{rare} of them, each in one session only."
        return candidates, (Dropped("wishes stated once", told),)


def _make_wish(
    session: EngineSession, event: EngineEvent, excerpt: str, stated: StatedWish
) -> Wish:
    return Wish(
        session=session.id,
        task_key=session.task_key,
        person=event.person or session.principal,
        event=event.index,
        excerpt=excerpt,
        instruction=stated.instruction,
        trust=_trust_speaker(event),
        condition=stated.condition,
        at=event.at or session.started_at,
    )


def _trust_speaker(event: EngineEvent) -> str:
    """Return the trust of a person's words: a member's, or no more than a principal's."""
    trust = Trust(event.trust)
    if trust is Trust.MEMBER:
        return trust.value
    return max(trust, Trust.PRINCIPAL, key=TRUST_ORDER.index).value


def find_wishes(event: EngineEvent) -> Iterator[tuple[str, StatedWish]]:
    """Yield (the sentence as it stands in the event, the wish) for each wish in an event."""
    phrase = _choose_reading(event)
    if phrase is None:
        return
    for sentence in split_sentences(event.text[:_MESSAGE_LIMIT]):
        if stated := phrase(sentence):
            yield sentence, stated


def _choose_reading(event: EngineEvent) -> Callable[[str], StatedWish | None] | None:
    if event.kind in {"edit", "rejection"}:
        return phrase_correction
    if event.kind == "message" and event.role == "user" and may_hold_wish(event.text):
        return phrase_wish
    return None


def group_wishes(wishes: dict[str, list[Wish]]) -> list[list[Wish]]:
    """Return wishes grouped by paraphrase: the same guards, and 85 of 100 in likeness of words.

    Wishes of different conditions are never grouped. The most stated form of a group leads it; the
    order of sessions does not matter.
    """
    groups: list[list[Wish]] = []
    leaders: dict[str, _Leaders] = {}
    for text in sorted(wishes, key=lambda text: (-len(wishes[text]), text)):
        condition = form_of(wishes[text][0].condition).words
        place = leaders.setdefault(condition, _Leaders(groups)).place(form_of(text))
        groups[place].extend(wishes[text])
    return groups


class Opposites:
    """Which groups say the opposite of each other: the same words, turned round or denied."""

    def __init__(self, groups: Sequence[Sequence[Wish]]) -> None:
        self._groups: dict[tuple[str, frozenset[str]], list[Sequence[Wish]]] = {}
        for group in groups:
            self._groups.setdefault(_subject_of(group), []).append(group)

    def of(self, group: Sequence[Wish]) -> tuple[Wish, ...]:
        """Return the wishes that say the opposite of `group`, newest last."""
        guard = form_of(choose_words(group).instruction).guard
        others = [
            wish
            for other in self._groups.get(_subject_of(group), ())
            if _is_opposite(guard, form_of(choose_words(other).instruction).guard)
            for wish in other
        ]
        return tuple(sorted(others, key=lambda wish: wish.order))


def _subject_of(group: Sequence[Wish]) -> tuple[str, frozenset[str]]:
    lead = choose_words(group)
    words = frozenset(form_of(lead.instruction).words.split())
    return form_of(lead.condition).words, words - _DENIALS


def _is_opposite(left: Guard, right: Guard) -> bool:
    return left.negations % 2 != right.negations % 2 or left.rejected != right.rejected


class _Leaders:
    """The first form of each group, found again by guard and by the rarer words."""

    def __init__(self, groups: list[list[Wish]]) -> None:
        self.groups = groups
        self.forms: list[Form] = []
        self.places: list[int] = []
        self.exact: dict[Form, int] = {}
        self.by_word: dict[tuple[Guard, str], list[int]] = {}

    def place(self, form: Form) -> int:
        """Return the place of the group of `form`, a new and empty one where it is like none."""
        found = self.exact.get(form)
        if found is None:
            postings = [
                self.by_word.setdefault((form.guard, word), []) for word in form.words.split()
            ]
            found = self._find_like(form, sorted(postings, key=len))
            if found is None:
                found = len(self.forms)
                self.forms.append(form)
                self.places.append(len(self.groups))
                self.groups.append([])
                for posting in postings:
                    posting.append(found)
            self.exact[form] = found
        return self.places[found]

    def _find_like(self, form: Form, postings: Sequence[list[int]]) -> int | None:
        near: set[int] = set()
        for posting in postings[: max(1, (len(postings) + 1) // 2)]:
            near.update(posting[:_LEADERS])
        places = sorted(near)
        found = find_most_alike(form, [self.forms[place] for place in places])
        return None if found is None else places[found]


def make_candidate(group: Sequence[Wish], opposite: Sequence[Wish] = ()) -> Candidate:
    """Return a group of like wishes as a candidate; its words are those of one person.

    opposite: wishes that say the contrary, which speak against it in the evidence.
    """
    ordered = sorted(group, key=lambda wish: wish.order)
    lead = choose_words(ordered)
    return Candidate(
        kind="preference",
        tool="",
        template=form_of(lead.instruction).words,
        statement=lead.instruction,
        title=cut_title(lead.instruction.rstrip(".")),
        matched=frozenset(wish.session for wish in ordered),
        quotes=choose_quotes(ordered, lead, opposite),
        signal="words",
        scope="people",
        conditions=(lead.condition,) if lead.condition else (),
        people=frozenset(wish.person for wish in ordered if wish.person),
        sources=(lead.trust,),
        rationale=_say_opposite(ordered, opposite),
    )


def _say_opposite(group: Sequence[Wish], opposite: Sequence[Wish]) -> str:
    if not opposite:
        return ""
    dated = all(wish.at for wish in (group[-1], opposite[-1]))
    newest = ""
    if dated:
        is_ours = group[-1].order > opposite[-1].order
        newest = " This was said last." if is_ours else " The opposite was said last."
    return f"People also said the opposite; both stand in the evidence.{newest} Ask who decides."


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


def choose_quotes(
    group: Sequence[Wish], lead: Wish, opposite: Sequence[Wish] = ()
) -> tuple[Quote, ...]:
    """Return up to five quotes, newest last: the words used, other people, tasks and sessions.

    The last of what speaks against it is always among them.
    """
    against = opposite[-1:]
    chosen = [lead]
    people, tasks, sessions = {lead.person}, {lead.task_key}, {lead.session}
    for wish in (
        *(w for w in group if w.person not in people),
        *(w for w in group if w.task_key not in tasks),
        *group,
    ):
        if len(chosen) == QUOTES - len(against):
            break
        if wish.session not in sessions:
            chosen.append(wish)
            sessions.add(wish.session)
    told = [(wish, "supports") for wish in chosen] + [(wish, "contradicts") for wish in against]
    return tuple(
        Quote(wish.session, wish.event, wish.excerpt, relation)
        for wish, relation in sorted(told, key=lambda pair: pair[0].order)
    )
