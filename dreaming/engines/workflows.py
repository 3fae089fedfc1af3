"""Workflows: the ways sessions took, and the ones that preceded a good or a bad end.

Looked at are contiguous paths of one to five steps, at the beginning of a session or anywhere in
it. Frequent is not good: a path is claimed to help or harm only where comparable sessions that did
not take it ended otherwise, and where that holds with the length of sessions taken out. What ends a
session, its last call and steps that come just before it, is never claimed: a session that went
well ends by submitting, one that went badly by giving up.
"""

import math
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter

from dreaming.engines.base import Candidate, Quote
from dreaming.engines.calls import Found, Reading
from dreaming.engines.contrasts import Roll
from dreaming.engines.steps import (
    LONGEST,
    Path,
    Track,
    list_paths,
    name_place,
    name_word,
    read_track,
)
from dreaming.engines.wording import cut_title, order_session

LEAST_SESSIONS = 3
LEAST_TASKS = 2
LEAST_SHARE = 0.01
"""Paths of fewer sessions than one in a hundred of their field are not followed further."""

SAYS_MORE = 0.9
"""A longer path that is taken in so large a share of the shorter one's sessions adds nothing."""

STEP_LIMIT = 40
PATH_LIMIT = 40
COMMON_LIMIT = 3
COMMON_SHARE = 0.2
PLAIN_STEP = 2.75
PLAIN_PATH = 3.25
"""Standard errors by which an effect has to stand out with the length of sessions taken out.

Chance takes one of forty paths so far in one dream of twenty, one of ten steps likewise.
"""

_QUOTES = 5
_USUAL = 3
_CLOSING_REACH = 2
_CLOSING_SHARE = 0.75
_CLOSING_LENGTH = 4

_Rank = tuple[float, bool, Path]
Name = tuple[bool, Path]
"""Whether the path is looked for at the beginning only, and the path."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A path, the sessions that took it with the position at which, and those that could have.

    Sessions that came to it by their last call only are neither: it is how they ended.
    """

    starts: bool
    path: Path
    taken: Mapping[str, int]
    matched: frozenset[str]
    exposed: frozenset[str]


@dataclass(slots=True)
class WorkflowLedger:
    """The ways of the sessions of a dream."""

    tracks: dict[str, Track] = field(default_factory=dict)
    roll: Roll = field(default_factory=Roll)

    def read_session(self, reading: Reading) -> None:
        """Take in the way of one session."""
        track = read_track(reading)
        if track.runs:
            self.tracks[track.session] = track
            self.roll.note(reading.session)

    def summarise(self, *, at_least: int) -> Found:
        """Return the paths that could tell something, each with what it is claimed to do."""
        self.roll.close()
        field_of = _Field(self.tracks, self.roll, max(at_least, LEAST_SESSIONS))
        kept = choose_workflows(field_of.find_workflows(), self.roll)
        said = field_of.claim_each(kept)
        common = [w for w, claim in said if not claim and field_of.is_common(w)]
        common.sort(key=lambda w: (-len(w.matched), -len(w.path), w.path))
        found = [field_of.make_candidate(w, claim) for w, claim in said if claim]
        found += [field_of.make_candidate(w, "common") for w in common[:COMMON_LIMIT]]
        return tuple(replace(one, chosen_from=len(kept)) for one in found), ()


class _Field:
    """The ways of all sessions, asked for paths, their comparison and their words."""

    def __init__(self, tracks: Mapping[str, Track], roll: Roll, at_least: int) -> None:
        """Take the ways; paths of fewer sessions than `at_least` are not followed.

        nameless: steps that do not say what was done, such as a tool without the command it takes.
        """
        self.tracks = tracks
        self.roll = roll
        self.at_least = at_least
        self.by_domain: dict[str, list[str]] = {}
        for name in sorted(tracks):
            self.by_domain.setdefault(roll.domain_of(name), []).append(name)
        steps = {step for track in tracks.values() for step in track.shown}
        self.nameless = frozenset({"", *(s.partition(": ")[0] for s in steps if ": " in s)})
        self.spans = {name: track.calls - 1 for name, track in tracks.items()}
        self.last: dict[Name, set[str]] = {}
        self._callers: dict[str, frozenset[str]] = {}
        self._exposed: dict[tuple[frozenset[str], int], frozenset[str]] = {}

    def find_workflows(self) -> Iterator[Workflow]:
        """Yield every path with enough support, shorter ones first, those at the start first."""
        frequent: dict[Name, dict[str, int]] = {}
        for length in range(1, LONGEST + 1):
            frequent = self._count_paths(length, frequent)
            for starts, path in sorted(frequent, key=lambda name: (not name[0], name[1])):
                yield self._make_workflow(starts=starts, path=path, taken=frequent[starts, path])

    def _count_paths(
        self, length: int, shorter: Mapping[Name, Mapping[str, int]]
    ) -> dict[Name, dict[str, int]]:
        """Return the paths of one length that are frequent; both ends of each were before."""
        shown: dict[Name, dict[str, int]] = {}
        for session, track in self.tracks.items():
            for place, path in list_paths(track.runs, length):
                if not self.nameless.isdisjoint(path):
                    continue
                position = track.starts[place + length - 1]
                names = ((True, path), (False, path)) if place == 0 else ((False, path),)
                for name in names:
                    if length > 1 and not _is_followed(name, shorter):
                        continue
                    if position < self.spans[session] or (length == 1 and name[0]):
                        shown.setdefault(name, {}).setdefault(session, position)
                    else:
                        self.last.setdefault(name, set()).add(session)
        return {name: taken for name, taken in shown.items() if self._is_frequent(taken)}

    def _is_frequent(self, taken: Mapping[str, int]) -> bool:
        domains = {self.roll.domain_of(name) for name in taken}
        size = min(len(self.by_domain[domain]) for domain in domains)
        least = max(self.at_least, math.ceil(LEAST_SHARE * size))
        return self.roll.has_support(taken, sessions=least, tasks=LEAST_TASKS)

    def _make_workflow(self, *, starts: bool, path: Path, taken: Mapping[str, int]) -> Workflow:
        domains = frozenset(self.roll.domain_of(name) for name in taken)
        room = 0 if starts and len(path) == 1 else len(path)
        exposed = self._list_exposed(domains, room)
        if tool := name_tool(path):
            exposed = exposed & self._list_callers(tool)
        if last := self.last.get((starts, path), set()) - taken.keys():
            exposed = exposed - last
        return Workflow(starts, path, taken, exposed.intersection(taken), exposed)

    def _list_exposed(self, domains: frozenset[str], room: int) -> frozenset[str]:
        """Return the sessions of these fields with more than `room` calls."""
        key = domains, room
        if key not in self._exposed:
            self._exposed[key] = frozenset(
                name
                for domain in domains
                for name in self.by_domain[domain]
                if self.tracks[name].calls > room
            )
        return self._exposed[key]

    def claim_each(self, workflows: Iterable[Workflow]) -> list[tuple[Workflow, str]]:
        """Return each path with its claim, shorter ones first.

        A longer path that does as a shorter one in it does is left out, unless among the sessions
        that took the shorter one it tells these apart again.
        """
        said: dict[Name, str] = {}
        kept: dict[Name, Workflow] = {}
        for workflow in sorted(workflows, key=lambda w: (len(w.path), not w.starts, w.path)):
            claim = self._claim(workflow)
            parts = [kept[name] for name in _list_parts(workflow) if said.get(name) == claim]
            if claim and any(not self._adds_to(part, workflow) for part in parts):
                continue
            kept[workflow.starts, workflow.path] = workflow
            said[workflow.starts, workflow.path] = claim
        return [(kept[name], claim) for name, claim in said.items()]

    def _list_callers(self, tool: str) -> frozenset[str]:
        """Return the sessions that called a tool which takes commands."""
        if tool not in self._callers:
            self._callers[tool] = frozenset(
                name
                for name, track in self.tracks.items()
                if any(step == tool or step.startswith(f"{tool}: ") for step in track.shown)
            )
        return self._callers[tool]

    def _claim(self, workflow: Workflow) -> str:
        """Return 'helps' or 'harms' as the ends lean, '' where length or the end explains it."""
        lean = self.roll.lean(workflow.matched, workflow.exposed)
        if lean == 0.0 or self._is_closing(workflow):
            return ""
        if not (workflow.starts and len(workflow.path) == 1):
            stands_out = self._stand_out(workflow, workflow.exposed)
            if abs(stands_out) < _plain(workflow) or stands_out * lean < 0:
                return ""
        return "harms" if lean > 0 else "helps"

    def _stand_out(self, workflow: Workflow, among: frozenset[str]) -> float:
        taken = {name: workflow.taken[name] for name in workflow.matched & among}
        spans = {name: self.spans[name] for name in workflow.exposed & among}
        return self.roll.lean_over_time(taken, spans)

    def _adds_to(self, part: Workflow, workflow: Workflow) -> bool:
        """Say whether among the sessions that took `part` those that took the path differ."""
        lean = self.roll.lean(workflow.matched, workflow.exposed)
        again = self._stand_out(workflow, part.matched)
        return again * lean > 0 and abs(again) >= _plain(workflow)

    def _is_closing(self, workflow: Workflow) -> bool:
        """Say whether the path mostly stands where sessions end: it is how they end, not why."""
        long = [name for name in workflow.matched if self.tracks[name].calls >= _CLOSING_LENGTH]
        late = sum(
            self.tracks[name].calls - workflow.taken[name] <= _CLOSING_REACH for name in long
        )
        return bool(long) and late >= _CLOSING_SHARE * len(long)

    def is_common(self, workflow: Workflow) -> bool:
        """Say whether the path is one that many sessions take."""
        return len(workflow.path) > 1 and (
            len(workflow.matched) >= COMMON_SHARE * len(workflow.exposed)
        )

    def make_candidate(self, workflow: Workflow, claim: str) -> Candidate:
        """Return the path as a candidate, with the steps it begins with as quotes.

        To take it and not to take it are two patterns: one must not pass for the other in memory.
        """
        where = "begin" if workflow.starts else "path"
        if claim == "harms":
            where = f"not {where}"
        return Candidate(
            kind="workflow",
            tool=name_tool(workflow.path),
            template=f"{where}: {' > '.join(workflow.path)}",
            statement=self._say(workflow, claim),
            title=cut_title(_title(workflow, claim)),
            matched=workflow.matched,
            quotes=self._choose_quotes(workflow),
            signal="outcome",
            claim=claim,
            exposed=workflow.exposed,
        )

    def _say(self, workflow: Workflow, claim: str) -> str:
        if claim == "common":
            return f"A common path: {', then '.join(map(name_place, workflow.path))}."
        if workflow.starts:
            return say_beginning(workflow.path, claim, self._usual_next(workflow))
        return say_path(workflow.path, claim, self._usual_last(workflow))

    def _usual_next(self, workflow: Workflow) -> str:
        """Return the other step of the same tool that most sessions begin with, '' where none."""
        tool = workflow.path[0].partition(": ")[0]
        counts: dict[str, int] = {}
        for name in workflow.exposed:
            first = self.tracks[name].runs[0]
            if first != workflow.path[0] and first.startswith(f"{tool}: "):
                counts[first] = counts.get(first, 0) + 1
        return min(counts, key=lambda step: (-counts[step], step)) if counts else ""

    def _usual_last(self, workflow: Workflow) -> str:
        """Return the step that ends the way of two in three sessions, '' where none does.

        Of a tool that takes commands it is the last command sent to it.
        """
        step = workflow.path[0]
        tool, _, word = step.partition(": ")
        counts: dict[str, int] = {}
        for name in workflow.matched:
            runs = self.tracks[name].runs
            own = [run for run in runs if run.startswith(f"{tool}: ")] if word else runs
            counts[own[-1]] = counts.get(own[-1], 0) + 1
        last = min(counts, key=lambda one: (-counts[one], one), default="")
        is_usual = _USUAL * counts.get(last, 0) >= 2 * len(workflow.matched)
        return last if is_usual and last not in {step, *self.nameless} else ""

    def _choose_quotes(self, workflow: Workflow) -> tuple[Quote, ...]:
        """Return the first step of the path in up to five sessions, of different tasks first."""
        step = workflow.path[0]
        seen: set[str] = set()
        first: list[Quote] = []
        rest: list[Quote] = []
        for name in sorted(workflow.matched, key=order_session):
            event, excerpt = self.tracks[name].shown[step]
            if excerpt.strip():
                task = self.roll.standings[name].task
                (rest if task in seen else first).append(Quote(name, event, excerpt))
                seen.add(task)
            if len(first) == _QUOTES:
                break
        return tuple((first + rest)[:_QUOTES])


def _plain(workflow: Workflow) -> float:
    return PLAIN_STEP if len(workflow.path) == 1 else PLAIN_PATH


def name_tool(path: Path) -> str:
    """Return the one tool with commands that a path is about, '' where it is about tools."""
    tools = {step.partition(": ")[0] if ": " in step else "" for step in path}
    return tools.pop() if len(tools) == 1 else ""


def _is_followed(name: Name, shorter: Mapping[Name, object]) -> bool:
    """Say whether both ends of a path were frequent, so that the path may be."""
    starts, path = name
    return (starts, path[:-1]) in shorter and (starts or (False, path[1:]) in shorter)


def choose_workflows(workflows: Iterable[Workflow], roll: Roll) -> list[Workflow]:
    """Return the paths worth comparing: each set of sessions once, the most telling ones.

    A longer path is kept where it says more than the shorter ones in it. How many can be compared
    is bounded, and chosen without a look at how sessions ended. Only the chosen ones are held: each
    names sessions, and there may be hundreds of paths.
    """
    sizes: dict[Name, int] = {}
    sets: set[int] = set()
    steps: list[tuple[_Rank, Workflow]] = []
    paths: list[tuple[_Rank, Workflow]] = []
    for workflow in workflows:
        same = hash(workflow.matched)
        if same in sets or _is_told_already(workflow, sizes):
            continue
        sets.add(same)
        sizes[workflow.starts, workflow.path] = len(workflow.matched)
        weight = roll.weigh(workflow.matched, workflow.exposed)
        if weight > 0:
            chosen, limit = (steps, STEP_LIMIT) if len(workflow.path) == 1 else (paths, PATH_LIMIT)
            rank = (-weight, not workflow.starts, workflow.path)
            insort(chosen, (rank, workflow), key=itemgetter(0))
            del chosen[limit:]
    return [workflow for _, workflow in (*steps, *paths)]


def _is_told_already(workflow: Workflow, sizes: Mapping[Name, int]) -> bool:
    """Say whether a path kept already was taken by nearly the same sessions."""
    names = [*_list_parts(workflow)]
    if not workflow.starts:
        names.append((True, workflow.path))
    kept = (sizes[name] for name in names if name in sizes)
    own = len(workflow.matched)
    return any(SAYS_MORE * size <= own <= size / SAYS_MORE for size in kept)


def _list_parts(workflow: Workflow) -> Iterable[Name]:
    """Yield the shorter paths in a path: whoever took it took these as well."""
    path = workflow.path
    for length in range(1, len(path)):
        if workflow.starts:
            yield True, path[:length]
        for _, part in list_paths(path, length):
            yield False, part


def say_beginning(path: Path, claim: str, otherwise: str) -> str:
    """Return the instruction for a path at the beginning. otherwise: what most begin with."""
    words = ", then ".join(map(name_place, path))
    if claim == "harms":
        if len(path) > 1:
            return f"Do not go from {words}, at the start: {_BETTER_WITHOUT}"
        return f"Do not begin with {words}: {_BETTER_WITHOUT}"
    if len(path) == 1 and otherwise:
        return f"Begin with {words}, before the first {name_word(otherwise)}."
    return f"Begin with {words}."


def say_path(path: Path, claim: str, at_last: str = "") -> str:
    """Return the instruction for a path anywhere. at_last: the step most sessions come to last."""
    *before, last = map(name_place, path)
    if claim == "harms":
        after = f" right after {', then '.join(before)}" if before else ""
        return f"Do not call {last}{after}: {_BETTER_WITHOUT}"
    if not before and ": " in at_last:
        return f"Call {last} before you settle on a {name_word(at_last)}."
    if not before and at_last:
        return f"Call {last} before you come to {name_word(at_last)}."
    if not before:
        return f"Call {last} along the way."
    first, *rest = before
    return f"After {first}, call {', then '.join([*rest, last])}."


_BETTER_WITHOUT = "comparable sessions without it ended better."


def _title(workflow: Workflow, claim: str) -> str:
    words = ", ".join(step.replace(": ", " ") for step in workflow.path)
    where = "Begin with " if workflow.starts else ""
    if claim == "harms":
        return f"Do not {where.lower() or 'call '}{words}"
    return f"{where}{words}" if where or len(workflow.path) > 1 else f"Call {words}"
