"""What an engine is given and what it hands back: values only, no database, no settings.

An engine reads sessions and memory and returns candidates. It claims nothing about numbers:
Daybreak counts, tests and checks quotes for every engine from the sessions a candidate matched.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """One event as engines see it. index: position in the session from 0 (the address of a quote).

    kind and role as in agents.transcripts.base; trust: member, check, agent, principal, tool or
    outside (falling). `remembered` marks text that repeats what the agent was given from memory.
    """

    index: int
    kind: str
    role: str
    text: str
    tool: str = ""
    call_id: str = ""
    is_error: bool = False
    trust: str = "outside"
    person: str = ""
    sub_session: str = ""
    at: datetime | None = None
    remembered: bool = False


@dataclass(frozen=True, slots=True)
class EngineCheck:
    """A check the workspace marked as visible."""

    name: str
    passed: bool
    message: str


@dataclass(frozen=True, slots=True)
class EngineSession:
    """One session: id as people quote it (S-5521), verdict success, failure or unknown.

    environment: where it ran, as its importer or sender named it ("tau-bench airline", '' unknown).
    external_id: its name at the vendor, in a dream over a store that is kept there; else ''.
    """

    id: str
    agent: str
    task_key: str
    principal: str
    verdict: str
    events: tuple[EngineEvent, ...]
    checks: tuple[EngineCheck, ...] = ()
    trial: str = ""
    model: str = ""
    environment: str = ""
    started_at: datetime | None = None
    external_id: str = ""

    @property
    def domain(self) -> str:
        """Return the field of work effects are compared in: environment, else the task's family.

        The family is what stands before the first ":" of the task key; '' where nothing says it.
        """
        return self.environment or (self.task_key.split(":", 1)[0] if ":" in self.task_key else "")


@dataclass(frozen=True, slots=True)
class EngineMemory:
    """One live memory: path, head version number, text, and the lowest trust of its words.

    support: sessions it rested on when it was approved; last_evidence_at: the newest of these;
    learned_at: when its head was written.
    """

    path: str
    version: int
    content: str
    pattern_key: str = ""
    pinned: bool = False
    protected: bool = False
    taint: str = "member"
    title: str = ""
    support: int = 0
    last_evidence_at: datetime | None = None
    learned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What a reviewer asked of the next dream when sending a proposal back.

    It is about the pattern of that proposal and no other. An engine that leaves the pattern out
    because the note asks for it says so in a Dropped whose `what` is the proposal's name.
    """

    proposal: str
    path: str
    pattern_key: str
    words: str


class Journal(Protocol):
    """What an engine keeps from one attempt at a dream to the next, by key.

    Work that costs money or happens elsewhere is written here once it is done, so that a worker
    that is killed does not do it twice. Values are JSON; `usage` in one is booked as spent.
    """

    def read(self) -> Mapping[str, Mapping[str, Any]]:
        """Return everything that was written so far, in the order it was written."""
        ...

    def write(self, key: str, **value: Any) -> None:
        """Keep `value` under `key` in place of what stood there; durable when this returns."""
        ...


class Memo:
    """A journal in memory, for who runs an engine once."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def read(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what was written."""
        return dict(self.rows)

    def write(self, key: str, **value: Any) -> None:
        """Keep it."""
        self.rows[key] = value


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a dream may cost, told before anything is spent.

    input_tokens: counted; output_tokens: the most that may come back; cost_micros: of both in
    millionths of a US dollar, None where no price is known.
    """

    requests: int
    input_tokens: int
    output_tokens: int
    cost_micros: int | None


Permit = Callable[[Estimate], None]
"""permit(estimate): raises EngineError when it may not be spent. Asked before the first request."""


def permit_all(estimate: Estimate) -> None:
    """Let anything be spent: for who runs an engine without a ceiling."""


@dataclass(frozen=True, slots=True)
class DreamMaterial:
    """What a dream reads. `sessions` can be iterated more than once and is never held whole.

    scope: 'agent' (one agent's store) or 'workspace' (the shared store over all agents).
    input_sha256 names the material; equal material gives equal candidates for the local engine.
    instructions: what the starter or schedule asked; notes: what reviewers sent back to this dream.
    hosted_store: the vendor's name of the store that is dreamt over, '' where it is kept here only.
    journal, permit: see there; engines that spend nothing leave them alone.
    """

    sessions: Iterable[EngineSession]
    memories: tuple[EngineMemory, ...]
    scope: str
    session_count: int
    input_sha256: str
    instructions: str = ""
    notes: tuple[Note, ...] = ()
    hosted_store: str = ""
    journal: Journal = field(default_factory=Memo, compare=False)
    permit: Permit = field(default=permit_all, compare=False)


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of one event, verbatim. relation: supports or contradicts."""

    session: str
    event: int
    text: str
    relation: str = "supports"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pattern an engine saw: who showed it (`matched`), words, and where to read it.

    kind: mistake, recovery, fact, workflow, preference or check (an engine may have others). tool,
    template and scope make its key. scope: '' everywhere, or `domain:<name>`, `tool:<name>`,
    `people`; it never names a store or an agent.
    claim: 'helps' or 'harms' where the statement rests on how sessions ended (proposed only when
    Daybreak finds the effect within tasks, and that way round), '' where it rests on support.
    chosen_from: with a claim, how many patterns the engine held against the ends of sessions to
    find it, itself included; these count as tested too.
    conditions: when it holds, in words a person reads ("on Mondays", "for invoices").
    statement: an instruction an agent can follow, one thought, no numbers of its own.
    title: at most 60 characters for lists. matched: ids of sessions that show the pattern.
    recovered: of these, the sessions that got past it; recovery: what they did next, in words.
    exposed: ids of sessions in which the pattern could have shown (None: every session).
    signal: ground_truth, outcome, approval or words. sources: trust of each source whose words
    stand in the statement (masked error templates and tool names are no words).
    path and operation are set by engines that propose texts for given paths; else Daybreak chooses.
    unfounded: what the statement says that the engine looked for in the sessions and did not find.
    """

    kind: str
    tool: str
    template: str
    statement: str
    title: str
    matched: frozenset[str]
    quotes: tuple[Quote, ...]
    signal: str
    scope: str = ""
    claim: str = ""
    chosen_from: int = 1
    conditions: tuple[str, ...] = ()
    recovered: frozenset[str] = frozenset()
    recovery: str = ""
    exposed: frozenset[str] | None = None
    people: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()
    rationale: str = ""
    op: str = "create"
    path: str = ""
    unfounded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something an engine or a check left out: what, and why, in words a person reads."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class DreamResult:
    """Candidates in a fixed order, what was dropped, what was used (tokens, requests)."""

    candidates: tuple[Candidate, ...]
    dropped: tuple[Dropped, ...] = ()
    usage: Mapping[str, int] = field(default_factory=dict)
    not_analysed: tuple[Dropped, ...] = ()


class EngineError(Exception):
    """The engine could not finish. permanent: trying again cannot help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class EngineWaits(Exception):
    """Work goes on elsewhere: look again in `seconds`. No attempt is used up; words say for what.

    What is waited for stands in the journal.
    """

    def __init__(self, words: str, *, seconds: float) -> None:
        super().__init__(words)
        self.seconds = seconds


class DreamCancelled(Exception):
    """Raised by `report` when the dream was cancelled or its lease was lost; let it pass."""


Report = Callable[[int, int], None]
"""report(sessions_done, sessions_total): progress, and the place where a cancel takes hold."""


class Engine(Protocol):
    """An engine's identity and its one verb. sends_data_to: region names; empty: nothing leaves.

    An engine that cannot run as it is set up has `unready`: why, with the way out, in a sentence.
    One that asks for its permit before it spends anything has `estimates` True.
    One that needs a store linked to a vendor's has `not_linked`: the sentence where it is not. One
    that only names sessions to a vendor who has them already says `sends_words = False` and is
    given them as they are stored. One whose work goes on elsewhere has `call_off(journal lines)`,
    which ends it there and returns what could not be ended, in words.
    """

    name: str
    version: str
    sends_data_to: frozenset[str]

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        """Return what the material shows. Raises EngineError, EngineWaits, DreamCancelled."""
        ...
