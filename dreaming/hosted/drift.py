"""What was written at the vendor by others than Daybreak: found, named, and answered by a lead.

A look compares the hash of every path there with the one both sides last had, and lists who wrote
since. Nothing is changed by it on either side. While a write is unanswered, nothing is sent to its
path.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from agents import clock
from agents.errors import AgentsError
from agents.memory import find_head, lock_store, name_store
from agents.models import HostedMemory, HostedPush, HostedStore, MemoryStore, OutsideWrite
from agents.numbers import take_numbers
from agents.people import Member, actor_of, people_with, require_right
from agents.redaction import replace_unstorable
from agents.rights import Right
from agents.stores import text_sha256
from dreaming.errors import NotAnswerable
from dreaming.hosted.plans import Row
from dreaming.hosted.push import OPEN, wanted_of
from dreaming.hosted.turns import keep_turn
from reviews import notices
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.bodies import Draft
from reviews.audit.log import append, append_many
from reviews.changes import Change, Op, Trust
from reviews.errors import InvalidChange, ReasonMissing
from reviews.models import Notice, OriginKind
from reviews.notices import Kind, Telling
from reviews.origins import Origin
from reviews.proposals import file_proposals, title_of

if TYPE_CHECKING:
    from dreaming.hosted.vendor import Vendor

OVERLAP = timedelta(hours=1)
"""Versions are listed again from so long before: the two clocks differ, and it costs little."""

TOGETHER = 100
"""Writes put down, or filed, in one transaction."""

ACTORS: Mapping[str, tuple[str, str]] = {
    "session_actor": ("session", "session_id"),
    "api_actor": ("key", "api_key_id"),
    "user_actor": ("user", "user_id"),
    "service_account_actor": ("service", "service_account_id"),
}
WORDS: Mapping[str, str] = {
    "session": "session {}",
    "key": "API key {}",
    "user": "user {}",
    "service": "service account {}",
    "unknown": "somebody the vendor does not name",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One write as the vendor tells it. is_head: its text stands there now."""

    version: str
    path: str
    operation: str
    sha256: str
    actor_kind: str
    actor: str
    at: datetime | None
    memory: str = ""
    is_head: bool = False


def look(hosted: HostedStore, vendor: "Vendor", turn: str) -> int:
    """Note what is there now, and put down every write that was not ours; return how many were new.

    The first look has no earlier one to compare with: it puts down who wrote what stands there.
    Raises VendorFailed, LeaseLost.
    """
    listed = {str(row["path"]): row for row in vendor.memories(hosted.remote_id)}
    since = hosted.synced_at - OVERLAP if hosted.synced_at else None
    told = [_found(row) for row in vendor.versions(hosted.remote_id, since)]
    strayed = _strayed(hosted, listed)
    if since is None:
        # What both sides say already is nobody's matter.
        served = {path: line.sha256 for path, line in wanted_of(hosted.store).items()}
        strayed -= {path for path in strayed if _sha_of(listed.get(path)) == served.get(path, "")}
    fresh = _foreign(hosted, _with_heads(told, listed, strayed, is_first=since is None))
    texts = {
        one.version: _text(vendor, hosted, one.memory, one.sha256)
        for one in fresh
        if one.is_head and one.path in strayed
    }
    keep_turn(hosted, turn)
    _note_seen(hosted, listed)
    for start in range(0, len(fresh), TOGETHER):
        _put_down(hosted, fresh[start : start + TOGETHER], texts)
    tell(hosted)
    return len(fresh)


def standing(hosted: HostedStore) -> QuerySet[OutsideWrite]:
    """Return the writes that wait for a lead's answer: nobody gave one, and their text is there."""
    strayed = [
        path
        for path, agreed, seen in hosted.memories.values_list("path", "agreed", "seen")
        if agreed != seen
    ]
    newest = hosted.writes.filter(path__in=strayed).order_by("path", "-pk")
    heads: dict[str, int] = {}
    for path, pk, answer in newest.values_list("path", "pk", "answer"):
        heads.setdefault(path, pk if not answer else 0)
    return hosted.writes.filter(pk__in=heads.values()).order_by("path")


def actor_words(kind: str, actor: str) -> str:
    """Return who wrote in words: "session sesn_…"."""
    return WORDS.get(kind, WORDS["unknown"]).format(actor)


def revert(write: OutsideWrite, *, reason: str, by: Member) -> HostedPush:
    """Put back at the vendor what is served here for the path, over the text of the outside write.

    One lead does it at once, with a reason: only text that was approved comes back this way. Raises
    agents.errors.NotAllowed, ReasonMissing, NotAnswerable when something else is there by now.
    """
    _check(by, reason, "Say why what was written there is taken back.")
    with transaction.atomic(durable=True):
        store, row, there = _lock(write)
        line = wanted_of(store).get(row.path)
        made = HostedPush.objects.create(
            hosted=row.hosted,
            path=row.path,
            version_id=line.version_id if line else None,
            sha256=line.sha256 if line else "",
            expected=there.seen,
            by=by.person,
            reason=reason.strip(),
            planned_at=clock.now(),
        )
        _answer(row, "reverted", by)
        append(
            Action.HOSTED_REVERTED,
            workspace=store.workspace.slug,
            actor=actor_of(by.person),
            object=name_store(store),
            after={"written": row.version, "push": made.pk},
            values={"path": row.path, "reason": reason.strip()},
        )
    return made


def take_up(writes: Iterable[OutsideWrite], *, reason: str, by: Member) -> list[OutsideWrite]:
    """File what was written as proposals by the lead, whom that bars from deciding them.

    Nobody here knows where the words come from: they have the lowest trust. Until people decided,
    nothing is sent to the paths; approved they stay, rejected the former texts go back. Return
    those that could not be filed. Raises agents.errors.NotAllowed, ReasonMissing.
    """
    _check(by, reason, "Say why this is worth deciding on: a reviewer reads it.")
    left: list[OutsideWrite] = []
    for write in writes:
        try:
            _take_up_one(write, reason.strip(), by)
        except (AgentsError, InvalidChange, NotAnswerable):
            left.append(write)
    return left


def _take_up_one(write: OutsideWrite, reason: str, by: Member) -> None:
    (number,) = take_numbers(write.hosted.store.workspace, "P", 1)
    origin = Origin(OriginKind.PERSON, by.person.public_id, by.person.name, proposer=by.person)
    with transaction.atomic(durable=True):
        store, row, there = _lock(write)
        (made,) = file_proposals(
            store,
            [_change_of(store, row, reason)],
            origin=origin,
            actor=actor_of(by.person),
            cause=None,
            numbers=[number],
        )
        # Both sides know it now; what people decide is put in its place.
        there.agreed = there.seen
        there.save(update_fields=["agreed"])
        row.proposal = str(made)
        _answer(row, "filed", by)
        append(
            Action.HOSTED_TAKEN_UP,
            workspace=store.workspace.slug,
            actor=actor_of(by.person),
            object=name_store(store),
            after={"written": row.version, "proposal": str(made)},
            values={"path": row.path},
        )


def _change_of(store: MemoryStore, row: OutsideWrite, reason: str) -> Change:
    head = find_head(store, row.path)
    if row.sha256 and text_sha256(row.content) != row.sha256:
        raise NotAnswerable(f"The text of {row.path} holds characters that cannot be stored here.")
    written = Op.UPDATE if head else Op.CREATE
    who = actor_words(row.actor_kind, row.actor)
    when = f" on {row.at:%Y-%m-%d %H:%M} UTC" if row.at else ""
    return Change(
        op=written if row.sha256 else Op.RETIRE,
        path=row.path,
        content=row.content,
        base_version=head.number if head else None,
        title=title_of(row.content) if row.content.strip() else f"Retire {row.path}",
        rationale=f"Written at Managed Agents by {who}{when}, past review. {reason}",
        taint=Trust.OUTSIDE,
    )


def _lock(write: OutsideWrite) -> tuple[MemoryStore, OutsideWrite, HostedMemory]:
    """Return the store, the write and its path, locked; raises NotAnswerable when it is over."""
    store = lock_store(write.hosted.store)
    row = OutsideWrite.objects.select_for_update(of=("self",)).get(pk=write.pk)
    there = HostedMemory.objects.select_for_update().get(hosted=row.hosted, path=row.path)
    newest = OutsideWrite.objects.filter(hosted=row.hosted, path=row.path).latest("pk")
    if row.answer or newest.pk != row.pk or there.agreed == there.seen:
        raise NotAnswerable(f"What stands at {row.path} there is answered already, or another.")
    if row.sha256 != there.seen:
        raise NotAnswerable(f"{row.path} says something else there by now; it is looked at again.")
    if HostedPush.objects.filter(hosted=row.hosted, path=row.path, state__in=OPEN).exists():
        raise NotAnswerable(f"A change to {row.path} is on its way; look again in a moment.")
    return store, row, there


def _answer(row: OutsideWrite, answer: str, by: Member) -> None:
    row.answer, row.answered_by, row.answered_at = answer, by.person, clock.now()
    row.save(update_fields=["answer", "proposal", "answered_by", "answered_at"])


def _check(by: Member, reason: str, words: str) -> None:
    require_right(by, Right.CONTAIN)
    if not reason.strip():
        raise ReasonMissing(words)


def _strayed(hosted: HostedStore, listed: Mapping[str, Row]) -> set[str]:
    """Return the paths whose text there is not the one both sides last had."""
    agreed = dict(hosted.memories.values_list("path", "agreed"))
    return {
        path
        for path in agreed.keys() | listed.keys()
        if _sha_of(listed.get(path)) != agreed.get(path, "")
    }


def _with_heads(
    told: list[Found], listed: Mapping[str, Row], strayed: set[str], *, is_first: bool
) -> list[Found]:
    """Return the writes to put down, oldest first, those that stand there now marked as such.

    What stands at a strayed path and was not listed as a version is told by its own row.
    """
    heads = {str(row.get("memory_version_id")): path for path, row in listed.items()}
    there = set(heads.values())
    marked = [_marked(one, heads, there) for one in told]
    if is_first:
        marked = [one for one in marked if one.is_head and one.path in strayed]
    newest = {one.path for one in marked if one.is_head}
    missing = [_unlisted(path, listed.get(path)) for path in sorted(strayed - newest)]
    return [*missing, *reversed(marked)]


def _marked(one: Found, heads: Mapping[str, str], there: Collection[str]) -> Found:
    """Return a write with whether its text, or the lack of one, stands there now."""
    path = heads.get(one.version)
    is_gone = one.operation == "deleted" and one.path not in there
    return Found(
        **{name: getattr(one, name) for name in Found.__slots__ if name not in {"path", "is_head"}},
        # A version redacted since has no path of its own any more.
        path=path or one.path,
        is_head=path is not None or is_gone,
    )


def _foreign(hosted: HostedStore, writes: list[Found]) -> list[Found]:
    """Return the writes that no push of ours made and that were not put down before."""
    names = [one.version for one in writes]
    ours = set(
        hosted.pushes.filter(remote_version__in=names).values_list("remote_version", flat=True)
    )
    known = set(hosted.writes.filter(version__in=names).values_list("version", flat=True))
    removed = set(hosted.pushes.filter(state="done", sha256="").values_list("remote_id", flat=True))
    return [
        one
        for one in writes
        if one.version not in ours | known
        and not (one.operation == "deleted" and one.memory in removed)
    ]


def _note_seen(hosted: HostedStore, listed: Mapping[str, Row]) -> None:
    """Keep what is there now: only `seen` and the ids move, never what was agreed on."""
    with transaction.atomic(durable=True):
        lock_store(hosted.store)
        known = {row.path: row for row in hosted.memories.all()}
        for path, row in listed.items():
            sha256, remote_id = _sha_of(row), str(row["id"])[:100]
            found = known.get(path)
            if found is None:
                HostedMemory.objects.create(
                    hosted=hosted, path=path, seen=sha256, remote_id=remote_id
                )
            elif (found.seen, found.remote_id) != (sha256, remote_id):
                found.seen, found.remote_id = sha256, remote_id
                found.save(update_fields=["seen", "remote_id"])
        gone = hosted.memories.exclude(path__in=list(listed)).exclude(seen="")
        gone.update(seen="", remote_id="")


def _put_down(hosted: HostedStore, writes: list[Found], texts: Mapping[str, str]) -> None:
    store, now = hosted.store, clock.now()
    with transaction.atomic(durable=True):
        OutsideWrite.objects.bulk_create(
            OutsideWrite(
                hosted=hosted,
                version=one.version,
                path=one.path,
                operation=one.operation,
                sha256=one.sha256,
                content=texts.get(one.version, ""),
                actor_kind=one.actor_kind,
                actor=one.actor,
                at=one.at,
                found_at=now,
            )
            for one in writes
        )
        append_many(
            [
                Draft(
                    action=Action.HOSTED_WRITTEN,
                    workspace=store.workspace.slug,
                    actor=SYSTEM,
                    object=name_store(store),
                    after={"op": one.operation, "by": one.actor_kind},
                    values={"path": one.path, "actor": one.actor, "version": one.version},
                )
                for one in writes
            ]
        )


def tell(hosted: HostedStore) -> None:
    """Tell the leads that something was written past review, once; let it rest when answered."""
    store = hosted.store
    newest = standing(hosted).order_by("-pk").first()
    name = name_store(store)[:40]
    told = Notice.objects.filter(
        workspace=store.workspace, kind=Kind.WRITTEN_OUTSIDE, object=name, settled_at=None
    )
    if newest is None:
        told.update(settled_at=clock.now())
        return
    leads = people_with(store.workspace, Right.CONTAIN)
    keys = tuple(leads.order_by("pk").values_list("pk", flat=True))
    path = f"agents/{store}/hosted/"
    telling = Telling(Kind.WRITTEN_OUTSIDE, name, f"w{newest.pk}", keys, path)
    notices.tell(store.workspace, [telling])


def _found(row: Row) -> Found:
    """Return a version's row as a write; what the vendor leaves out is unknown, never an error."""
    by = row.get("created_by") or {}
    kind, field = ACTORS.get(str(by.get("type")), ("unknown", ""))
    return Found(
        version=str(row["id"])[:100],
        path=replace_unstorable(str(row.get("path") or "(redacted)"))[0][:1024],
        operation=str(row.get("operation") or "unknown")[:20],
        sha256=str(row.get("content_sha256") or "")[:64],
        actor_kind=kind,
        actor=str(by.get(field) or "")[:100],
        at=_time(row.get("created_at")),
        memory=str(row.get("memory_id") or "")[:100],
    )


def _unlisted(path: str, row: Row | None) -> Found:
    """Return what happened to a path that no version tells of: moved away, or listed no more."""
    if row is None:
        name = f"gone:{text_sha256(path)[:16]}:{clock.now():%Y%m%d%H%M%S%f}"
        return Found(name, path, "deleted", "", "unknown", "", None, is_head=True)
    version = str(row.get("memory_version_id") or f"{row['id']}:{_sha_of(row)[:16]}")[:100]
    at, memory = _time(row.get("updated_at")), str(row["id"])[:100]
    return Found(version, path, "unknown", _sha_of(row), "unknown", "", at, memory, is_head=True)


def _text(vendor: "Vendor", hosted: HostedStore, memory: str, sha256: str) -> str:
    """Return the text of a memory as far as it can be stored; '' when it is another by now."""
    row = vendor.memory(hosted.remote_id, memory) if sha256 else None
    if row is None or _sha_of(row) != sha256:
        return ""
    return replace_unstorable(str(row.get("content") or ""))[0]


def _sha_of(row: Row | None) -> str:
    return str(row.get("content_sha256") or "")[:64] if row else ""


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
