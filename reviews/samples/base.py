"""What a sample is: a change with its evidence, its numbers, and the one right answer. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reviews.changes import Op, Trust

NOT_ENOUGH = "Not enough sessions to tell."
CHANCE = "Chance is an unlikely explanation."
ON_TASK = "It holds on the same task."


class Answer(StrEnum):
    """What a person says of a sample; the words are those of a decision.

    EDIT is told of test items only: who edits says neither yes nor no to the text as it stands.
    """

    APPROVE = "approve"
    REJECT = "reject"
    SEND_BACK = "send_back"
    EDIT = "edit"


class Ended(StrEnum):
    """How the session of a quote ended."""

    WELL = "success"
    BADLY = "failure"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of a session. who: as a page names the speaker: User, Agent, Agent calls, Tool."""

    who: str
    text: str
    tool: str = ""
    is_error: bool = False


def refused(text: str, tool: str) -> Said:
    """Return the turn in which a tool answers with an error."""
    return Said("Tool", text, tool, is_error=True)


@dataclass(frozen=True, slots=True)
class Cited:
    """Words of one turn, with the turns around it.

    session: its number; first: the number of the first of `turns`; at: which of them is cited;
    days: how long before the sample is shown it happened. words stand verbatim in the cited turn.
    """

    session: int
    first: int
    turns: tuple[Said, ...]
    at: int
    words: str
    ended: Ended = Ended.BADLY
    check: str = ""
    supports: bool = True
    days: int = 4


@dataclass(frozen=True, slots=True)
class Seen:
    """What was counted: sessions that showed it, of all, and how many of each side failed.

    effect: the difference of the failures in the same task, as a decimal fraction; q after
    correction. None: there are not enough sessions to tell.
    """

    sessions: int
    of: int
    people: int
    failed: int
    failed_others: int
    tasks: int = 3
    effect: str | None = None
    q: str | None = None
    tested: int = 15

    @property
    def is_told(self) -> bool:
        """Say whether the numbers say more than chance does."""
        return self.q is not None

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return what the numbers say, in the words in which a dream says it."""
        seen = f"Seen in {self.sessions} of {self.of} sessions, {self.people} people."
        others = self.of - self.sessions
        ends = (
            f"{self.failed} of these {self.sessions} failed; "
            f"of the {others} others, {self.failed_others}."
        )
        return (seen, ends, ON_TASK, CHANCE) if self.is_told else (seen, ends, NOT_ENOUGH)

    @property
    def numbers(self) -> Mapping[str, object]:
        """Return the numbers under the names under which a proposal keeps them."""
        return {
            "sessions": self.sessions,
            "of": self.of,
            "tasks": self.tasks,
            "people": self.people,
            "failed_with": self.failed,
            "known_with": self.sessions,
            "failed_without": self.failed_others,
            "known_without": self.of - self.sessions,
            "compared": "task",
            "strata": self.tasks,
            "effect": self.effect,
            "q": self.q,
            "tested": self.tested,
            "told": self.is_told,
        }


@dataclass(frozen=True, slots=True)
class Sample:
    """One case. key: its name for ever, "situation/variant"; because: why its answer is right.

    right: the answer; mends: asking for changes is right as well, for the fault can be mended.
    is_trap: made to be approved by who does not look; approving it fails a qualification.
    old: the text in force, '' for a new memory; new: '' for one that is taken out.
    """

    key: str
    agent: str
    op: Op
    path: str
    title: str
    old: str
    new: str
    rationale: str
    quotes: tuple[Cited, ...]
    right: Answer
    because: str
    seen: Seen | None = None
    signal: str = "outcome"
    taint: Trust = Trust.AGENT
    is_trap: bool = False
    mends: bool = False
    version: int = 3

    @property
    def situation(self) -> str:
        """Return the name of the situation this is a variant of."""
        return self.key.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Situation:
    """One piece of work in two variants that look alike: one to approve, one not to."""

    sound: Sample
    flawed: Sample

    @property
    def name(self) -> str:
        """Return the name both variants share."""
        return self.sound.situation

    @property
    def has_trap(self) -> bool:
        """Say whether the variant not to approve is a trap."""
        return self.flawed.is_trap


def is_right(sample: Sample, answer: Answer) -> bool:
    """Say whether `answer` is the right one; editing is neither, so it is not."""
    return answer is sample.right or (sample.mends and answer is Answer.SEND_BACK)


def is_caught(sample: Sample, answer: Answer) -> bool:
    """Say whether a trap was not walked into: whatever was answered, it was not approved."""
    return sample.is_trap and answer is not Answer.APPROVE
