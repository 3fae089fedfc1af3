"""When what was approved is served: at once, on a schedule or by hand, as a lead sets a store.

Publishing adds nothing that was not approved, and still two persons stand behind each change: who
filed it, wrote a revision of it or started its dream is not who puts it into service by hand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef

from agents import clock
from agents.errors import StaleRelease
from agents.identities import accounts_of
from agents.memory import lock_store, name_store
from agents.models import MemoryStore, MemoryVersion, Publishing, Release
from agents.numbers import take_number
from agents.people import Member, actor_of
from agents.releases import Waiting, fingerprint, publish_waiting, waiting
from agents.rights import Right, may
from agents.slots import clean_cron, clean_zone
from agents.web.ids import parse_id
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.errors import InvalidChange, MayNotDecide, NotAllowed
from reviews.models import Proposal, ProposalRevision
from reviews.provenance import Source, Span, sources_in, versions_in

LISTED = 200
"""So many of the changes that wait are listed on a page; the others are counted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When a store's approved changes are published. cron, zone: only read for a schedule."""

    mode: Publishing
    cron: str = ""
    zone: str = "UTC"

    def columns(self) -> dict[str, str]:
        """Return the plan as columns of the store; raises BadTimes for times that are none."""
        if self.mode != Publishing.SCHEDULED:
            return {"publishing": self.mode.value, "publish_cron": "", "publish_zone": "UTC"}
        return {
            "publishing": self.mode.value,
            "publish_cron": clean_cron(self.cron),
            "publish_zone": clean_zone(self.zone),
        }


@dataclass(frozen=True, slots=True)
class Incoming:
    """One path that is served otherwise once it is published, and what stands behind that.

    before, after: numbers of versions, None where the path is not served. sources: of each version
    since the one that is served, oldest first; none for a text that a person put back.
    """

    path: str
    memory: int
    before: int | None
    after: int | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Parcel:
    """What waits to be published. seen: stands for exactly this; left: changes not listed.

    barred: why the member who asks cannot publish it, '' when they can.
    """

    changes: tuple[Incoming, ...]
    total: int
    left: int
    seen: str
    barred: str


def parcel_of(store: MemoryStore, member: Member) -> Parcel:
    """Return what waits in the store as `member` sees it; as many queries for any number."""
    found = waiting(store)
    versions = _versions_behind(store, found)
    some = found[:LISTED]
    shown = {one.head.memory for one in some}
    sources = sources_in(store.workspace, [one for one in versions if one.memory.number in shown])
    return Parcel(
        changes=tuple(_incoming(one, sources.get(one.head.memory, ())) for one in some),
        total=len(found),
        left=len(found) - len(some),
        seen=fingerprint(found),
        barred=_why_barred(store, versions, member) if found else "",
    )


def _incoming(one: Waiting, sources: tuple[Source, ...]) -> Incoming:
    return Incoming(
        path=one.head.path,
        memory=one.head.memory,
        before=one.before.version if one.before else None,
        after=None if one.is_gone else one.head.version,
        sources=sources,
    )


def _versions_behind(store: MemoryStore, found: Iterable[Waiting]) -> list[MemoryVersion]:
    """Return every version since the ones that are served."""
    spans = {one.head.memory: Span(one.before.version if one.before else 0) for one in found}
    return versions_in(store.workspace, spans)


def _why_barred(store: MemoryStore, versions: Iterable[MemoryVersion], member: Member) -> str:
    """Return why `member` may not put these versions into service, '' when they may."""
    if not may(member.role, Right.PUBLISH):
        return "Reviewers and leads publish; your role does not."
    own = accounts_of(member.person)
    names = {version.proposal for version in versions if version.proposal}
    numbers = {parse_id(name, expected="P").number for name in names}
    written = ProposalRevision.objects.filter(proposal=OuterRef("pk"), author__in=own)
    rows = Proposal.objects.filter(workspace=store.workspace_id, number__in=numbers)
    for row in rows.annotate(wrote=Exists(written)).order_by("number"):
        if row.proposer_id in own:
            return f"You filed {row}, which waits here, so another person publishes it."
        if row.wrote:
            return f"You wrote a revision of {row}, which waits here; another person publishes it."
        if row.started_by_id in own:
            return f"You started the dream that proposed {row}, so another person publishes it."
    return ""


def publish_by_hand(store: MemoryStore, *, by: Member, seen: str) -> Release:
    """Serve everything that waits in the store, as one release published by `by`.

    seen: of the parcel the page listed; nothing else is published. Raises StaleRelease when
    something else waits now, NotAllowed for roles that do not publish, MayNotDecide for who had a
    hand in a change of the list, Frozen while the agent or the workspace is.
    """
    _require(by, Right.PUBLISH, "A reviewer or lead publishes what was approved.")
    number = take_number(store.workspace, "R")
    with transaction.atomic(durable=True):
        locked = lock_store(store)
        found = waiting(locked)
        _refuse_hands(locked, found, by)
        release = None
        if fingerprint(found) == seen:
            release = publish_waiting(locked, number, actor=actor_of(by.person))
        if release is None:
            raise StaleRelease(
                "Nothing was published: other changes wait now than the page listed. Look again."
            )
    return release


def set_publishing(store: MemoryStore, plan: Plan, *, by: Member) -> MemoryStore:
    """Let the store's approved changes be published as planned, from now on.

    A new schedule forgets the times before. Raises NotAllowed for roles that do not set it,
    MayNotDecide for who had a hand in what waits (else they could let it out so), BadTimes, and
    InvalidChange when it is set so already.
    """
    _require(by, Right.SET_PUBLISHING, "A lead sets when approved changes are published.")
    columns = plan.columns()
    with transaction.atomic(durable=True):
        locked = lock_store(store)
        before = {name: str(getattr(locked, name)) for name in columns}
        if columns == before:
            raise InvalidChange("It is set so already.")
        if locked.publishing != Publishing.AT_ONCE:
            _refuse_hands(locked, waiting(locked), by)
        for name, value in columns.items():
            setattr(locked, name, value)
        locked.publish_set_at = clock.now()
        locked.save(update_fields=[*columns, "publish_set_at"])
        append(
            Action.STORE_CHANGED,
            workspace=locked.workspace.slug,
            actor=actor_of(by.person),
            object=name_store(locked),
            before={"publishing": before["publishing"], "zone": before["publish_zone"]},
            after={"publishing": columns["publishing"], "zone": columns["publish_zone"]},
            # Blanks make a text of a cron line for the log.
            values={"cron": columns["publish_cron"]} if columns["publish_cron"] else {},
        )
    return locked


def _require(by: Member, right: Right, words: str) -> None:
    if not may(by.role, right):
        raise NotAllowed(words)


def _refuse_hands(store: MemoryStore, found: Sequence[Waiting], by: Member) -> None:
    """Raise MayNotDecide for who had a hand in what waits."""
    barred = _why_barred(store, _versions_behind(store, found), by)
    if barred:
        raise MayNotDecide(barred)
