"""Telling people: each thing once, found by looking at rows; no other verb has to remember to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.errors import InvalidInput
from agents.models import Workspace
from agents.people import Member
from agents.zones import clean_zone
from reviews.models import Notice, NoticeChoices, Proposal


class Kind(StrEnum):
    """What somebody is told. A string is never renamed: people's choices name it."""

    TURN_HIGH = "turn_high"
    TURN = "turn"
    SECOND = "second"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    MENTION = "mention"
    CONTAINMENT = "containment"
    SENT_BACK = "sent_back"
    DREAM_HELD = "dream_held"
    REVALIDATION = "revalidation"
    WRITTEN_OUTSIDE = "written_outside"
    REVIEW_BY = "review_by"


class How(StrEnum):
    """By which way it reaches them; in the list of notices it stands in any case."""

    IMMEDIATE = "immediate"
    DIGEST = "digest"
    OFF = "off"


WORDS: Mapping[Kind, object] = {
    Kind.TURN_HIGH: _("Your decision is needed, high risk"),
    Kind.TURN: _("Your decision is needed"),
    Kind.SECOND: _("A further approval is needed"),
    Kind.REMINDER: _("Due soon"),
    Kind.ESCALATION: _("Late, or nobody present can decide it"),
    Kind.MENTION: _("You are mentioned"),
    Kind.CONTAINMENT: _("A containment waits for its answer"),
    Kind.SENT_BACK: _("Your proposal came back"),
    Kind.DREAM_HELD: _("A dream is held"),
    Kind.REVALIDATION: _("A memory is due for revalidation"),
    Kind.WRITTEN_OUTSIDE: _("Memory was written past review"),
    Kind.REVIEW_BY: _("A memory is to be looked at again"),
}
AT_ONCE = frozenset({Kind.TURN_HIGH, Kind.ESCALATION, Kind.MENTION, Kind.CONTAINMENT})

ASKING = frozenset({Kind.TURN_HIGH, Kind.TURN, Kind.SECOND, Kind.REMINDER, Kind.ESCALATION})
"""Kinds that stand for a step of deciding, told while it is waited for."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing to tell: to whom, about what, and the step that is told only once.

    path: below the workspace's address. proposal: where it is about one.
    """

    kind: Kind
    object: str
    step: str
    people: tuple[int, ...]
    path: str
    proposal: int | None = None

    @property
    def key(self) -> str:
        """Return what makes it one thing, in whatever way it is told."""
        return f"{self.kind}:{self.object}:{self.step}"


def tell(workspace: Workspace, tellings: Sequence[Telling]) -> None:
    """Write each thing down for each person, once; what they were told before is passed over.

    What a proposal asks of them again, because a vote was taken back, is done no more.
    """
    if not tellings:
        return
    choices = choices_of(workspace, {one for telling in tellings for one in telling.people})
    now = clock.now()
    rows = [
        Notice(
            workspace=workspace,
            person_id=person,
            kind=one.kind.value,
            key=key_of(workspace, one),
            object=one.object,
            path=one.path,
            proposal_id=one.proposal,
            how=how_for(one.kind, choices.get(person, {})),
            created_at=now,
        )
        for one in tellings
        for person in one.people
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    _ask_again(rows)


def _ask_again(rows: Sequence[Notice]) -> None:
    """Let what of these was done be asked again: the vote that did it was taken back."""
    asked = {(row.person_id, row.key) for row in rows if row.kind in ASKING}
    proposals = {row.proposal_id for row in rows if row.kind in ASKING}
    settled = Notice.objects.filter(proposal__in=proposals, settled_at__isnull=False)
    found = settled.filter(kind__in=ASKING).values_list("pk", "person", "key")
    back = [pk for pk, person, key in found if (person, key) in asked]
    if back:
        Notice.objects.filter(pk__in=back).update(settled_at=None)


def key_of(workspace: Workspace, telling: Telling) -> str:
    """Return what makes a thing told there one thing among all workspaces."""
    return f"{workspace.pk}:{telling.key}"


def settle(proposals: Iterable[int]) -> None:
    """Let what was asked about these proposals count as done: the step is past.

    Who is named in a comment is still named: that is done when they open the proposal.
    """
    standing = Notice.objects.filter(proposal__in=list(proposals), settled_at=None)
    standing.exclude(kind=Kind.MENTION).update(settled_at=clock.now())


def settle_mentions(proposal: Proposal, person: int) -> None:
    """Let what a person was told of being named on the proposal count as done: they opened it."""
    standing = Notice.objects.filter(proposal=proposal, person=person, kind=Kind.MENTION)
    standing.filter(settled_at=None).update(settled_at=clock.now())


def how_for(kind: Kind, choices: Mapping[str, str]) -> str:
    """Return by which way a kind reaches somebody with these choices."""
    usual = How.IMMEDIATE if kind in AT_ONCE else How.DIGEST
    return choices.get(kind.value, usual.value)


def choices_of(workspace: Workspace, people: Iterable[int]) -> Mapping[int, Mapping[str, str]]:
    """Return person -> what they chose, for those who chose anything."""
    found = NoticeChoices.objects.filter(workspace=workspace, person__in=set(people))
    return dict(found.values_list("person", "choices"))


def choose(member: Member, choices: Mapping[str, str], *, hour: int, zone: str) -> NoticeChoices:
    """Keep how a person hears of things here; it is their own and no entry of the log.

    Raises InvalidInput for a kind, a way, an hour or a zone that is none.
    """
    for kind, how in choices.items():
        if kind not in set(Kind) or how not in set(How):
            raise InvalidInput(f"{kind[:40]}: {how[:40]} cannot be chosen.")
    if not 0 <= hour <= 23:
        raise InvalidInput(f"{hour} is no hour of a day: choose 0 to 23.")
    row, _made = NoticeChoices.objects.update_or_create(
        workspace=member.workspace,
        person=member.person,
        defaults={"choices": dict(choices), "digest_hour": hour, "zone": clean_zone(zone)},
    )
    return row


def notices_of(member: Member) -> QuerySet[Notice]:
    """Return what the member was told here, in no order."""
    return Notice.objects.filter(workspace=member.workspace, person=member.person)


def unread_of(member: Member) -> QuerySet[Notice]:
    """Return what the member has not read and what is still asked."""
    return notices_of(member).filter(read_at=None, settled_at=None)


def read_all(member: Member, upto: Notice) -> int:
    """Count as read what the member was shown, up to the notice `upto`; return how many."""
    return unread_of(member).filter(pk__lte=upto.pk).update(read_at=clock.now())


def path_of(proposal: Proposal) -> str:
    """Return a proposal's page below its workspace."""
    return f"review/{proposal}/"
