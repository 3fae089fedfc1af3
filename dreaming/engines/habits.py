"""Habits that waste a session whatever it ends in: the same call again, and failing on and on.

No error text is needed to see them. A call that was answered is waste the second time where the
answer was the same; one that failed where it failed again. What changes with time (a status that is
asked for until it is there) shows in the other sessions of the same step, and is no waste.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dreaming.engines.base import Candidate, EngineSession
from dreaming.engines.calls import Call, Found, Reading
from dreaming.engines.examples import Examples
from dreaming.engines.recoveries import is_lookup
from dreaming.engines.steps import name_place, name_word
from dreaming.engines.wording import cut_title

AGAIN = "again"
IN_VAIN = "in vain"
STUCK = "stuck"

LEAST_SESSIONS = 3
LEAST_TASKS = 2
LEAST_SHARE = 0.03
"""A habit of fewer than three in a hundred of the sessions that could have it is an accident."""

SURE = 0.8
"""So large a share of the repeated calls must have changed nothing."""

STUCK_AT = 3
"""Failures of one step with no success in between from which on a session is stuck."""

_WAY_SHARE = 3
_READING = frozenset(
    [
        *("select", "show", "describe", "explain", "ls", "cat", "grep", "find", "head", "tail"),
        *("pwd", "wc", "du", "df", "stat", "file", "which"),
    ]
)


@dataclass(slots=True)
class Habit:
    """The sessions that had a habit, and those it could have shown in."""

    tasks: dict[str, str] = field(default_factory=dict)
    exposed: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    ways: Counter[str] = field(default_factory=Counter)
    recovered: set[str] = field(default_factory=set)
    examples: Examples = field(default_factory=Examples)

    def note(self, session: EngineSession, event: int, text: str) -> None:
        """Take in that a session showed it, with the words that show it."""
        self.tasks.setdefault(session.id, session.task_key or session.id)
        self.examples.add(session.id, session.task_key, event, text)


@dataclass(slots=True)
class HabitLedger:
    """The habits of all sessions: repeated calls by tool, being stuck by step."""

    habits: dict[tuple[str, str], Habit] = field(default_factory=dict)
    commanded: set[str] = field(default_factory=set)

    def read_session(self, reading: Reading) -> None:
        """Take in which calls one session repeated, and where it failed on and on."""
        earlier: dict[tuple[str, str, str], Call] = {}
        failing: dict[str, list[int]] = {}
        pairs = list(zip(reading.calls, reading.steps, strict=True))
        for place, (call, step) in enumerate(pairs):
            if not step or call.result is None or call.at < 0:
                continue
            if ": " in step:
                self.commanded.add(call.tool)
            self._note_chance(reading.session, call, step)
            known = (call.sub_session, call.tool, call.arguments)
            if call.arguments.strip() not in {"", "{}"}:
                if known in earlier:
                    self._compare(reading.session, step, earlier[known], call)
                earlier[known] = call
            if call.failed:
                failing.setdefault(step, []).append(place)
            elif call.answered and step in failing:
                self._note_stuck(reading, step, failing.pop(step), place)
        for step, places in failing.items():
            self._note_stuck(reading, step, places, -1)

    def _at(self, kind: str, step: str) -> Habit:
        habit = self.habits.get((kind, step))
        if habit is None:
            habit = self.habits[kind, step] = Habit()
        return habit

    def _note_chance(self, session: EngineSession, call: Call, step: str) -> None:
        if call.failed:
            self._at(IN_VAIN, call.tool).exposed.add(session.id)
            for name in {step, call.tool}:
                self._at(STUCK, name).exposed.add(session.id)
        elif call.answered and _only_reads(step):
            self._at(AGAIN, call.tool).exposed.add(session.id)

    def _compare(self, session: EngineSession, step: str, before: Call, call: Call) -> None:
        """Note what became of the same call the second time."""
        if before.result is None or call.result is None or call.result.remembered:
            return
        if before.failed:
            habit = self._at(IN_VAIN, call.tool)
            if call.failed:
                habit.note(session, call.result.index, call.result.text)
            else:
                habit.changed.add(session.id)
        elif before.answered and call.answered and _only_reads(step):
            habit = self._at(AGAIN, call.tool)
            if before.result.text == call.result.text:
                habit.note(session, call.at, call.arguments)
            else:
                habit.changed.add(session.id)

    def _note_stuck(self, reading: Reading, step: str, places: Sequence[int], until: int) -> None:
        """Note a run of failures of one step, and the other step that led out of it."""
        if len(places) < STUCK_AT:
            return
        result = reading.calls[places[STUCK_AT - 1]].result
        if result is None or result.remembered:
            return
        session = reading.session
        for name in {step, step.partition(": ")[0]}:
            habit = self._at(STUCK, name)
            habit.note(session, result.index, result.text)
            if until >= 0:
                habit.recovered.add(session.id)
                if way := _find_way(reading, step, range(until - 1, places[0], -1)):
                    habit.ways[way] += 1

    def summarise(self, *, at_least: int) -> Found:
        """Return the habits that recur, each as an instruction to leave it."""
        recurring = {
            name: habit
            for name, habit in self.habits.items()
            if _recurs(habit, max(at_least, LEAST_SESSIONS))
        }
        for kind, step in [name for name in recurring if name[0] == STUCK]:
            self._choose_stuck(recurring, kind, step)
        found = [
            make_candidate(kind, step, habit, takes="command" if step in self.commanded else "")
            for (kind, step), habit in recurring.items()
        ]
        return tuple(found), ()

    def _choose_stuck(self, recurring: dict[tuple[str, str], Habit], kind: str, step: str) -> None:
        """Keep a command that is stuck where a way out is known, else its tool, never both."""
        tool, _, word = step.partition(": ")
        if word and not choose_way(recurring[kind, step].ways):
            del recurring[kind, step]
        elif word:
            recurring.pop((kind, tool), None)


def _find_way(reading: Reading, step: str, places: Iterable[int]) -> str:
    """Return the first other step among these places that only reads and was answered."""
    for place in places:
        other = reading.steps[place]
        if other != step and _only_reads(other) and reading.calls[place].answered:
            return other
    return ""


def _only_reads(step: str) -> bool:
    tool, _, word = step.partition(": ")
    return word in _READING if word else is_lookup(tool)


def _recurs(habit: Habit, least: int) -> bool:
    count = len(habit.tasks)
    return (
        count >= least
        and len(set(habit.tasks.values())) >= LEAST_TASKS
        and count >= LEAST_SHARE * len(habit.exposed)
        and count >= SURE * len(habit.changed | habit.tasks.keys())
    )


def make_candidate(kind: str, step: str, habit: Habit, *, takes: str = "") -> Candidate:
    """Return a habit as a candidate. It rests on support: waste is waste however a session ends.

    takes: what the tool takes, 'command' or '' for arguments.
    """
    tool = step.partition(": ")[0]
    matched = frozenset(habit.tasks)
    way = choose_way(habit.ways) if kind == STUCK else ""
    return Candidate(
        kind="mistake",
        tool=tool,
        template=f"{kind}: {step}",
        statement=say_habit(kind, step, way=way, takes=takes),
        title=cut_title(_TITLES[kind].format(step.replace(": ", " "))),
        matched=matched,
        quotes=habit.examples.quotes(),
        signal="outcome",
        scope=f"tool:{tool}",
        exposed=frozenset(habit.exposed) | matched,
        recovered=frozenset(habit.recovered),
    )


def choose_way(ways: Mapping[str, int]) -> str:
    """Return the step that led most sessions out, '' where fewer than two or a third took it."""
    if not ways:
        return ""
    step, count = min(ways.items(), key=lambda item: (-item[1], item[0]))
    return step if count >= 2 and _WAY_SHARE * count >= sum(ways.values()) else ""


def say_habit(kind: str, step: str, *, way: str = "", takes: str = "") -> str:
    """Return the instruction. way: the step that led out of being stuck, '' where none did."""
    place = name_place(step)
    if kind == AGAIN and takes:
        return f"Do not send {place} the same {takes} again: the answer does not change."
    if kind == AGAIN:
        return f"Do not call {place} again with the same arguments: the answer does not change."
    if kind == IN_VAIN and takes:
        return f"After {place} failed, do not send it the same {takes} again: it fails again."
    if kind == IN_VAIN:
        return f"After {place} failed, do not call it again with the same arguments: it fails."
    if way and way.partition(": ")[0] == step.partition(": ")[0]:
        way_words = f"call {name_word(way)} first"
    elif way:
        way_words = f"call {name_place(way)} first"
    elif takes:
        return f"When commands to {place} keep failing, stop and find out what they need first."
    else:
        way_words = "stop and find out what it needs first"
    return f"When {place} keeps failing, {way_words}."


_TITLES = {
    AGAIN: "{}: the same call again",
    IN_VAIN: "{}: a failed call again unchanged",
    STUCK: "{}: failing on and on",
}
