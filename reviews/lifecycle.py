"""What may happen to a proposal, as one table, and when its votes settle it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reviews.errors import ReviewsError

Needs = tuple[tuple[str | None, int], ...]
"""(group, count) pairs a route asks for; None stands for everyone who may decide."""


class State(StrEnum):
    """Where a proposal stands. There are no others."""

    PENDING = "pending"
    AWAITING_SECOND = "awaiting_second"
    SCHEDULED = "scheduled"
    APPLIED = "applied"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"
    CONFLICTED = "conflicted"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


STANDS: Mapping[State, str] = {
    State.PENDING: "waits for a reviewer",
    State.AWAITING_SECOND: "waits for another reviewer",
    State.SCHEDULED: "is decided",
    State.APPLIED: "is applied",
    State.REJECTED: "is rejected",
    State.CHANGES_REQUESTED: "is sent back",
    State.CONFLICTED: "is in conflict with memory",
    State.SUPERSEDED: "is replaced by a later one",
    State.WITHDRAWN: "is withdrawn",
}
"""What a sentence says of a proposal after its name. Who decided, and how, its page shows to those
who may see it."""

OPEN: frozenset[State] = frozenset({State.PENDING, State.AWAITING_SECOND})
UNDOABLE: frozenset[State] = frozenset({State.SCHEDULED, State.AWAITING_SECOND})
"""States whose last vote can be taken back: what is carried out stays."""
FINAL: frozenset[State] = frozenset({State.REJECTED, State.SUPERSEDED, State.WITHDRAWN})


class Act(StrEnum):
    """What a person or the system does to a proposal."""

    APPROVE = "approve"
    REJECT = "reject"
    EDIT = "edit"
    REBASE = "rebase"
    REQUEST_CHANGES = "request_changes"
    WITHDRAW = "withdraw"
    UNDO = "undo"
    GRACE_ENDED = "grace_ended"
    CONFLICT = "conflict"
    SUPERSEDE = "supersede"


class Given(StrEnum):
    """The one fact that decides where an act leads, for acts that can lead to several states.

    A vote is given SETTLED or MORE (see Standing.given); the end of the grace the verdict that
    was scheduled, or STALE where an approved change no longer stands on the head of its path; an
    undo the state before.
    """

    NOTHING = "nothing"
    SETTLED = "settled"
    MORE = "more"
    APPROVED = "approved"
    REJECTED = "rejected"
    STALE = "stale"
    WAS_PENDING = "was_pending"
    WAS_AWAITING_SECOND = "was_awaiting_second"
    WAS_CONFLICTED = "was_conflicted"


GIVEN_BEFORE: Mapping[State, Given] = {
    State.PENDING: Given.WAS_PENDING,
    State.AWAITING_SECOND: Given.WAS_AWAITING_SECOND,
    State.CONFLICTED: Given.WAS_CONFLICTED,
}

TRANSITIONS: Mapping[tuple[State, Act, Given], State] = {
    (State.PENDING, Act.APPROVE, Given.SETTLED): State.SCHEDULED,
    (State.PENDING, Act.APPROVE, Given.MORE): State.AWAITING_SECOND,
    (State.PENDING, Act.REJECT, Given.SETTLED): State.SCHEDULED,
    (State.PENDING, Act.EDIT, Given.NOTHING): State.PENDING,
    (State.PENDING, Act.REQUEST_CHANGES, Given.NOTHING): State.CHANGES_REQUESTED,
    (State.PENDING, Act.WITHDRAW, Given.NOTHING): State.WITHDRAWN,
    (State.PENDING, Act.CONFLICT, Given.NOTHING): State.CONFLICTED,
    (State.AWAITING_SECOND, Act.APPROVE, Given.SETTLED): State.SCHEDULED,
    # A rule may ask for three, and a third person may settle a dispute with approvals still due.
    (State.AWAITING_SECOND, Act.APPROVE, Given.MORE): State.AWAITING_SECOND,
    (State.AWAITING_SECOND, Act.REJECT, Given.SETTLED): State.SCHEDULED,
    # One approved, one rejected: it stays here until a third person decides.
    (State.AWAITING_SECOND, Act.REJECT, Given.MORE): State.AWAITING_SECOND,
    (State.AWAITING_SECOND, Act.EDIT, Given.NOTHING): State.PENDING,
    (State.AWAITING_SECOND, Act.REQUEST_CHANGES, Given.NOTHING): State.CHANGES_REQUESTED,
    (State.AWAITING_SECOND, Act.WITHDRAW, Given.NOTHING): State.WITHDRAWN,
    (State.AWAITING_SECOND, Act.CONFLICT, Given.NOTHING): State.CONFLICTED,
    # The last vote is taken back by who cast it, before it settles anything.
    (State.AWAITING_SECOND, Act.UNDO, Given.WAS_PENDING): State.PENDING,
    (State.AWAITING_SECOND, Act.UNDO, Given.WAS_AWAITING_SECOND): State.AWAITING_SECOND,
    (State.SCHEDULED, Act.UNDO, Given.WAS_PENDING): State.PENDING,
    (State.SCHEDULED, Act.UNDO, Given.WAS_AWAITING_SECOND): State.AWAITING_SECOND,
    (State.SCHEDULED, Act.UNDO, Given.WAS_CONFLICTED): State.CONFLICTED,
    (State.SCHEDULED, Act.GRACE_ENDED, Given.APPROVED): State.APPLIED,
    (State.SCHEDULED, Act.GRACE_ENDED, Given.REJECTED): State.REJECTED,
    (State.SCHEDULED, Act.GRACE_ENDED, Given.STALE): State.CONFLICTED,
    # A store elsewhere held another text when the change arrived there: it counts for nothing.
    (State.APPLIED, Act.CONFLICT, Given.NOTHING): State.CONFLICTED,
    (State.CHANGES_REQUESTED, Act.SUPERSEDE, Given.NOTHING): State.SUPERSEDED,
    (State.CHANGES_REQUESTED, Act.WITHDRAW, Given.NOTHING): State.WITHDRAWN,
    (State.CONFLICTED, Act.REBASE, Given.NOTHING): State.PENDING,
    # Approvals given on the old base no longer count, so one rejection is enough either way.
    (State.CONFLICTED, Act.REJECT, Given.SETTLED): State.SCHEDULED,
    (State.CONFLICTED, Act.REJECT, Given.MORE): State.SCHEDULED,
    (State.CONFLICTED, Act.WITHDRAW, Given.NOTHING): State.WITHDRAWN,
}

_PLAIN_STATES: Mapping[State, str] = {
    State.PENDING: "is pending",
    State.AWAITING_SECOND: "waits for another reviewer",
    State.SCHEDULED: "is decided and waits for its grace to end",
    State.APPLIED: "is applied",
    State.REJECTED: "is rejected",
    State.CHANGES_REQUESTED: "was sent back for changes",
    State.CONFLICTED: "is in conflict with what its path says now",
    State.SUPERSEDED: "was replaced by a newer one",
    State.WITHDRAWN: "is withdrawn",
}

_PLAIN_ACTS: Mapping[Act, str] = {
    Act.APPROVE: "approved",
    Act.REJECT: "rejected",
    Act.EDIT: "edited",
    Act.REBASE: "rebased",
    Act.REQUEST_CHANGES: "sent back for changes",
    Act.WITHDRAW: "withdrawn",
    Act.UNDO: "undone",
    Act.GRACE_ENDED: "carried out",
    Act.CONFLICT: "put in conflict",
    Act.SUPERSEDE: "replaced",
}


class IllegalTransition(ReviewsError):
    """The table has no such move; `state`, `act` and `given` say which one was tried."""

    def __init__(self, state: State, act: Act, given: Given) -> None:
        super().__init__(
            f"This proposal {_PLAIN_STATES[state]}; it cannot be {_PLAIN_ACTS[act]} from there."
        )
        self.state = state
        self.act = act
        self.given = given


def next_state(state: State, act: Act, given: Given = Given.NOTHING) -> State:
    """Return the state `act` leads to from `state`. Raises IllegalTransition."""
    try:
        return TRANSITIONS[state, act, given]
    except KeyError:
        raise IllegalTransition(state, act, given) from None


def undo_state(state: State, before: State) -> State:
    """Return where undoing the last vote leads, `before` being the state it was cast in.

    Raises IllegalTransition when `state` is neither scheduled nor awaiting another person, or no
    vote of it can have been cast in `before`.
    """
    return next_state(state, Act.UNDO, GIVEN_BEFORE.get(before, Given.NOTHING))


def acts_from(state: State) -> frozenset[Act]:
    """Return the acts the table knows for `state`, whatever they are given; empty when final."""
    return frozenset(act for origin, act, _ in TRANSITIONS if origin is state)


class Verdict(StrEnum):
    """What a person says of a revision."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's verdict on the current revision. groups: the approver groups they are in."""

    person: int
    verdict: Verdict
    groups: frozenset[str] = frozenset()
    is_owner_of_agent: bool = False


class StandingKind(StrEnum):
    """What the votes amount to."""

    NEEDS_MORE = "needs_more"
    APPROVED = "approved"
    REJECTED = "rejected"
    DISAGREEMENT = "disagreement"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the votes so far amount to.

    more: votes still due at least (0 when settled; 1 in a disagreement, which a third person
    settles). groups: the groups whose member can give the next approval; empty means everyone
    who may decide. In a disagreement the agent's owner cannot be the third person.
    """

    kind: StandingKind
    more: int = 0
    groups: tuple[str, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Say whether the votes decide the proposal."""
        return self.kind in {StandingKind.APPROVED, StandingKind.REJECTED}

    @property
    def given(self) -> Given:
        """Return what next_state is given after the vote that led to this standing."""
        return Given.SETTLED if self.is_settled else Given.MORE

    @property
    def verdict(self) -> Verdict | None:
        """Return the verdict that stands, None while nothing is settled."""
        return {
            StandingKind.APPROVED: Verdict.APPROVE,
            StandingKind.REJECTED: Verdict.REJECT,
        }.get(self.kind)


def settle(needs: Needs, votes: Sequence[Vote]) -> Standing:
    """Return what `votes` (those on the current revision, oldest first) amount to under `needs`.

    Without an approval before it a rejection stands. After one it is a disagreement, which the
    next person who does not own the agent settles: their rejection stands; their approval ends
    the disagreement, and the approvals asked for are still all needed. Only the first vote of a
    person counts, and votes after the one that settled it are ignored.
    """
    approvals: list[frozenset[str]] = []
    seen: set[int] = set()
    disputed = False
    for vote in votes:
        if vote.person in seen or (disputed and vote.is_owner_of_agent):
            continue
        seen.add(vote.person)
        if vote.verdict is Verdict.APPROVE:
            approvals.append(vote.groups)
            disputed = False
            if missing_approvals(needs, approvals) == 0:
                return Standing(StandingKind.APPROVED)
        elif disputed or not approvals:
            return Standing(StandingKind.REJECTED)
        else:
            disputed = True
    if disputed:
        return Standing(StandingKind.DISAGREEMENT, 1, deciding_groups(needs))
    more = missing_approvals(needs, approvals)
    return Standing(StandingKind.NEEDS_MORE, more, helping_groups(needs, approvals))


def spell_groups(groups: Iterable[str]) -> str:
    """Return the groups as one text, '' for none; it holds spell_groups([one]) for each of them.

    So whether a group is among them is asked of the text alone, in any database. The names have no
    spaces in them (agents.people.clean_group_name).
    """
    names = " ".join(sorted(groups))
    return f" {names} " if names else ""


def slots_of(needs: Needs) -> list[str | None]:
    """Return one entry for each approval asked for, named groups first."""
    named = [group for group, count in needs if group is not None for _ in range(count)]
    anyone: list[str | None] = [
        None for group, count in needs if group is None for _ in range(count)
    ]
    return [*named, *anyone]


def missing_approvals(needs: Needs, approvers: Iterable[frozenset[str]]) -> int:
    """Return how many approvals are still due after `approvers` (each person's groups).

    One person counts once, for one group: the largest pairing of people with slots, found by
    augmenting paths (Kuhn), so that somebody in two groups is used where they are needed.
    """
    slots = slots_of(needs)
    people = list(approvers)
    holder: dict[int, int] = {}

    def place(person: int, tried: set[int]) -> bool:
        for at, group in enumerate(slots):
            if at in tried or not (group is None or group in people[person]):
                continue
            tried.add(at)
            if at not in holder or place(holder[at], tried):
                holder[at] = person
                return True
        return False

    for person in range(len(people)):
        if len(holder) == len(slots):
            break
        place(person, set())
    return len(slots) - len(holder)


def advances(needs: Needs, approvers: Sequence[frozenset[str]], newcomer: frozenset[str]) -> bool:
    """Say whether an approval by somebody in the groups `newcomer` would leave fewer due."""
    before = missing_approvals(needs, approvers)
    return missing_approvals(needs, [*approvers, newcomer]) < before


def helping_groups(needs: Needs, approvers: Sequence[frozenset[str]]) -> tuple[str, ...]:
    """Return the groups whose member can give the next approval; empty: everyone who may decide."""
    if advances(needs, approvers, frozenset()):
        return ()
    return tuple(
        group for group in named_groups(needs) if advances(needs, approvers, frozenset({group}))
    )


def named_groups(needs: Needs) -> tuple[str, ...]:
    """Return the groups `needs` names, in order of their names."""
    return tuple(sorted({group for group, _ in needs if group is not None}))


def deciding_groups(needs: Needs) -> tuple[str, ...]:
    """Return the groups that may vote under `needs`; empty: everyone who may decide."""
    return () if any(group is None for group, _ in needs) else named_groups(needs)
