"""Everything a reviewer reads about one proposal, gathered as values for its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from agents import clock
from agents.models import MemoryVersion
from agents.people import Member
from agents.prepared import Prepared, Slot
from agents.web.ids import spell_id
from agents.web.times import spell_day
from reviews import rules
from reviews.blocks import in_blocks
from reviews.changes import Op
from reviews.comments import Discussion, discussion_of
from reviews.diffs import Diff, Part, PartKind, diff
from reviews.firsts import NONE, Firsts, firsts_of
from reviews.grounds import Why, why_of
from reviews.hits import Code
from reviews.lifecycle import State
from reviews.marks import mark_firsts
from reviews.models import Decision, Proposal, ProposalRevision
from reviews.quotes import Quote, count_shown, quotes_of
from reviews.reading import seen_of
from reviews.requests import Asked, asked_of
from reviews.review_dates import day_of
from reviews.risk import SHORT, Level
from reviews.rule_sentences import matched_on
from reviews.turns import DID, WhoseTurn, whose_turn
from reviews.twins import Near, near_of
from reviews.unseen import Due, Left, Seen, find_unseen

MOST_FLAGS = 4
MOST_MARKED = 40
"""First-seen stretches marked in a text; beyond, the chips tell of them."""

OPS: Mapping[str, str] = {
    Op.CREATE: "New",
    Op.UPDATE: "Update",
    Op.MERGE: "Merge",
    Op.RETIRE: "Retire",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """A chip under the title: what to look at. tone: bad or ''."""

    text: str
    sign: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Folded:
    """A path a merge takes in, with the text that goes."""

    path: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What changes: the diff from the text it was written on to the newest revision's.

    firsts: what the new text names that memory of the store never held; marked in the diff.
    """

    label: str
    old: str
    new: str
    diff: Diff
    folded: tuple[Folded, ...]
    firsts: Firsts = NONE

    @property
    def whole(self) -> Part:
        """Return the whole new text as one part, what is first seen marked."""
        return Part(PartKind.SAME, self.new, firsts=self.firsts.spans[:MOST_MARKED])


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the proposal's life. anchor: where on the page it stands in full, or ''."""

    at: datetime
    who: str
    what: str
    why: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Dossier:
    """The whole page of one proposal for one member.

    asked: what it was sent back with; replaced_by: what was filed in its place. replaces: what it
    was filed in the place of, and was_asked: what that one was sent back with.
    """

    proposal: Proposal
    revision: ProposalRevision
    op: str
    turn: WhoseTurn
    flags: tuple[Flag, ...]
    more_flags: int
    why: Why
    change: Change
    quotes: tuple[Quote, ...]
    near: tuple[Near, ...]
    steps: tuple[Step, ...]
    seen: Seen = field(default_factory=Seen)
    discussion: Discussion | None = None
    asked: Asked | None = None
    replaced_by: Proposal | None = None
    replaces: Proposal | None = None
    was_asked: Asked | None = None

    @property
    def matched(self) -> str:
        """Return what of the change the approval rules were asked about."""
        row = self.proposal
        facts = {"op": row.op, "risk": row.risk}
        return matched_on(facts, row.route.get("traits", ()), row.agent.name if row.agent else "")

    @property
    def shown_quotes(self) -> tuple[Quote, ...]:
        """Return the quotes that stand on the page from the start."""
        return self.quotes[: count_shown(self.quotes)]

    @property
    def more_quotes(self) -> int:
        """Return how many quotes come when they are asked for."""
        return len(self.quotes) - count_shown(self.quotes)

    @property
    def signs(self) -> int:
        """Return how many characters there are to read: the new text, and what was counted."""
        said = self.why.said
        return len(self.change.new) + sum(map(len, (*said.grounds, *said.against)))

    @property
    def due(self) -> Due:
        """Return what there is to see before an approval counts."""
        return Due(
            risk=self.proposal.risk,
            against=tuple(sorted(one.position for one in self.quotes if not one.supports)),
            supports=tuple(sorted(one.position for one in self.quotes if one.supports)),
            words=self.change.diff.added_words + self.change.diff.removed_words,
        )

    @property
    def unseen(self) -> tuple[Left, ...]:
        """Return what of it this member has not seen yet."""
        opened = frozenset(one.position for one in self.quotes if one.is_opened)
        return find_unseen(self.due, Seen(opened, self.seen.is_read))

    @property
    def against(self) -> int:
        """Return how many of the quotes contradict the change."""
        return sum(not quote.supports for quote in self.quotes)

    @property
    def opened(self) -> int:
        """Return how many of the quotes this member has opened."""
        return sum(quote.is_opened for quote in self.quotes)


def dossier_of(proposal: Proposal, member: Member) -> Dossier:
    """Return what `member` reads about the proposal; about fifteen queries, whatever its size."""
    revisions = _revisions(proposal=proposal.pk)
    revision = revisions[-1]
    decisions = rules.decisions_of(proposal)
    firsts = NONE if proposal.op == Op.RETIRE else firsts_of(revision, proposal.store)
    change = change_of(proposal, revision.content, firsts)
    seen = seen_of(proposal, member)
    quotes = quotes_of(proposal, seen.opened)
    turn = whose_turn(proposal, member, decisions)
    why = why_of(proposal, revision, sum(not quote.supports for quote in quotes))
    near = near_of(proposal, change.new)
    flags = flags_of(proposal, change, quotes, turn, why, near)
    discussion = discussion_of(proposal, member, turn.unseen)
    told = _told(proposal, decisions, turn.unseen)
    return Dossier(
        proposal=proposal,
        revision=revision,
        op=OPS[proposal.op],
        turn=turn,
        flags=flags[:MOST_FLAGS],
        more_flags=max(0, len(flags) - MOST_FLAGS),
        why=why,
        change=change,
        quotes=quotes,
        seen=seen,
        near=near,
        discussion=discussion,
        steps=steps_of(proposal, revisions, told, discussion),
        **_way_back(proposal),
    )


@Prepared
def _revisions(proposal: Slot) -> QuerySet[ProposalRevision]:
    rows = ProposalRevision.objects.filter(proposal=proposal)
    return rows.select_related("author").order_by("number")


@Prepared
def _replaced(by: Slot) -> QuerySet[Proposal]:
    return Proposal.objects.filter(replaced_by=by).order_by("-number")[:1]


def _way_back(proposal: Proposal) -> dict[str, Any]:
    """Return how the proposal is linked to being sent back; one query for most."""
    before = _replaced.first(by=proposal.pk)
    if proposal.state != State.CHANGES_REQUESTED and before is None:
        return {"replaced_by": proposal.replaced_by}
    about = [one for one in (proposal, before) if one is not None]
    asked = asked_of(about)
    here = asked.get(proposal.pk) if proposal.state == State.CHANGES_REQUESTED else None
    return {
        "asked": here,
        "replaced_by": proposal.replaced_by,
        "replaces": before,
        "was_asked": asked.get(before.pk) if before else None,
    }


def change_of(proposal: Proposal, content: str, firsts: Firsts = NONE) -> Change:
    """Return what `content` changes of the text the proposal was written on."""
    old = base_text(proposal)
    new = "" if proposal.op == Op.RETIRE else content
    return Change(
        label=_label(proposal),
        old=old,
        new=new,
        diff=mark_firsts(in_blocks(compare(old, new)), firsts.spans[:MOST_MARKED]),
        folded=_folded(proposal),
        firsts=firsts,
    )


def compare(old: str, new: str) -> Diff:
    """Return the diff of two memory texts; the line end of the last line is no line of its own."""
    return diff(old.removesuffix("\n"), new.removesuffix("\n"))


def base_text(proposal: Proposal) -> str:
    """Return the text the newest revision was written on, '' where there was none."""
    if proposal.base_version is None:
        return ""
    head = proposal.memory.head if proposal.memory else None
    if head is not None and head.number == proposal.base_version:
        return head.content
    return version_text(proposal, proposal.base_version)


def version_text(proposal: Proposal, number: int) -> str:
    """Return the text of one version of the proposal's path, '' where it has none."""
    versions = MemoryVersion.objects.filter(
        memory__store=proposal.store_id, memory__path=proposal.path, number=number
    )
    return versions.values_list("content", flat=True).first() or ""


def _label(proposal: Proposal) -> str:
    if proposal.base_version is None:
        return "new memory"
    if proposal.op == Op.RETIRE:
        return f"takes version {proposal.base_version} out"
    return f"version {proposal.base_version} to {proposal.base_version + 1}"


def _folded(proposal: Proposal) -> tuple[Folded, ...]:
    if not proposal.merged:
        return ()
    wanted = {str(one["path"]): int(one["base_version"]) for one in proposal.merged}
    versions = MemoryVersion.objects.filter(
        memory__store=proposal.store_id,
        memory__path__in=wanted,
        number__in=set(wanted.values()),
    )
    texts = {
        (path, number): content
        for path, number, content in versions.values_list("memory__path", "number", "content")
    }
    return tuple(
        Folded(path, number, texts.get((path, number), "")) for path, number in wanted.items()
    )


def flags_of(
    proposal: Proposal,
    change: Change,
    quotes: Sequence[Quote],
    turn: WhoseTurn,
    why: Why,
    near: Sequence[Near] = (),
) -> tuple[Flag, ...]:
    """Return the chips under the title, worst first."""
    flags = [_risk_flag(proposal)]
    if any(reason.is_steering for reason in why.reasons):
        flags.append(Flag("A reason steers you", "message-square", "bad"))
    flags.extend(_twin_flag(one) for one in near[:1] if one.is_nearly)
    if proposal.op == Op.RETIRE:
        flags.append(Flag("Removes this memory", "archive"))
    elif removed := len(change.diff.removed):
        words = "statement" if removed == 1 else "statements"
        flags.append(Flag(f"Removes {removed} {words}", "minus"))
    against = [quote.session for quote in quotes if not quote.supports]
    flags.extend(Flag(f"Contradicts {session}", "git-compare") for session in against[:1])
    if turn.approvals > 1:
        flags.append(Flag(turn.needs[0].upper() + turn.needs[1:], "users"))
    if proposal.revision > 1:
        flags.append(Flag(f"Edited, revision {proposal.revision}", "pencil"))
    if change.folded:
        flags.append(Flag(f"Folds in {len(change.folded)}", "merge"))
    return tuple(flags)


def _risk_flag(proposal: Proposal) -> Flag:
    reasons = proposal.risk_reasons
    first = f": {SHORT[Code(reasons[0]['code'])]}" if reasons else ""
    if proposal.risk == Level.HIGH:
        return Flag(f"High risk{first}", "octagon-alert", "bad")
    if proposal.risk == Level.MEDIUM:
        return Flag(f"Medium risk{first}", "triangle-alert")
    return Flag("Low risk", "circle")


def _twin_flag(near: Near) -> Flag:
    return Flag(f"{near.alike}% like {spell_id('M', near.number)}", "layers")


def steps_of(
    proposal: Proposal,
    revisions: Sequence[ProposalRevision],
    decisions: Sequence[Decision],
    discussion: Discussion,
) -> tuple[Step, ...]:
    """Return what happened to the proposal, oldest first, with who did it."""
    steps = [Step(proposal.filed_at, proposal.origin_label, "filed it")]
    for revision in revisions[1:]:
        who = revision.author.name if revision.author else "Somebody"
        what = f"wrote revision {revision.number}"
        steps.append(Step(revision.created_at, who, what, revision.reason))
    for decision in decisions:
        who = decision.person.name if decision.person else f"Rule {decision.rule}"
        what = f"{DID[decision.verdict]} revision {decision.revision}"
        if (day := day_of(decision.shown)) is not None:
            what += f", to be reviewed by {spell_day(day, clock.now().date())}"
        steps.append(Step(decision.created_at, who, what, decision.reason))
        if decision.is_undone:
            undo = decision.undo
            what = f"undid the decision on revision {decision.revision}"
            steps.append(Step(undo.created_at, undo.person.name, what))
    for line in discussion.lines:
        anchor = f"c-{line.number}"
        steps.append(Step(line.at, line.by, f"wrote comment {line.number}", anchor=anchor))
    if proposal.settled_at is not None:
        steps.append(
            Step(proposal.settled_at, "Daybreak", _settled(proposal), proposal.state_reason)
        )
    return tuple(sorted(steps, key=lambda step: step.at))


def _told(
    proposal: Proposal, decisions: Sequence[Decision], unseen: frozenset[int]
) -> Sequence[Decision]:
    """Return the decisions less those on the newest revision by the people in `unseen`."""
    newest = proposal.revision
    return [one for one in decisions if one.revision != newest or one.person_id not in unseen]


def _settled(proposal: Proposal) -> str:
    if proposal.applied_version is not None:
        return f"applied it as version {proposal.applied_version.number} of {proposal.memory}"
    if proposal.state == State.SUPERSEDED:
        return "closed it as replaced"
    return f"closed it as {proposal.state.replace('_', ' ')}"
