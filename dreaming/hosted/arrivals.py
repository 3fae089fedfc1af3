"""Sessions of the agent at the vendor come in, and who has the store mounted is named.

A session is read when it stands still and the vendor says that it changed; what was read before
changes nothing. Each goes through agents.sessions, so that secrets go and revisions stay.
"""

from typing import TYPE_CHECKING

from django.db import transaction

from agents import clock
from agents.memory import name_store
from agents.models import HostedSession, HostedStore
from agents.sessions import ingest_session
from agents.transcripts.base import ParsedSession, Refused
from agents.transcripts.managed import parse_record
from dreaming.errors import VendorFailed
from dreaming.hosted.plans import Row
from dreaming.hosted.turns import keep_turn
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.log import append

if TYPE_CHECKING:
    from dreaming.hosted.vendor import Vendor

WRITES = "read_write"
READABLE = ("idle", "terminated")
"""States of a session whose transcript stands still."""


def bring_in(hosted: HostedStore, vendor: "Vendor", turn: str) -> int:
    """Store what sessions of the agent are new or went on; return how many were read.

    A session that cannot be read keeps none of the others out. Raises VendorFailed for the first of
    such, at the end; at once for a second one, for then it is not the session.
    """
    known = dict(hosted.sessions.values_list("remote_id", "updated_at"))
    read, failed = 0, None
    for row in vendor.sessions(agent_id=hosted.remote_agent, statuses=list(READABLE)):
        if known.get(str(row["id"])) == _spelled(row):
            continue
        keep_turn(hosted, turn)
        try:
            _bring_in_one(hosted, vendor, row)
        except VendorFailed as error:
            if failed is not None:
                raise failed from error
            failed = error
        else:
            read += 1
    if failed is not None:
        raise failed
    return read


def note_mounts(hosted: HostedStore, vendor: "Vendor") -> None:
    """Name every session, of whatever agent, that has the store mounted.

    One that can write there is put on the record: what it writes is no proposal.
    """
    known = dict(hosted.sessions.exclude(access="").values_list("remote_id", "access"))
    for row in vendor.sessions(memory_store_id=hosted.remote_id):
        access = access_of(row, hosted.remote_id)
        if access and known.get(str(row["id"])) != access:
            _note(hosted, str(row["id"]), access)


def access_of(session: Row, store: str) -> str:
    """Return how a session has the store mounted, '' when it has not; unsaid is read_write."""
    for one in session.get("resources") or ():
        if isinstance(one, dict) and one.get("memory_store_id") == store:
            return str(one.get("access") or WRITES)[:20]
    return ""


def _bring_in_one(hosted: HostedStore, vendor: "Vendor", row: Row) -> None:
    store = hosted.store
    if store.agent is None:
        raise ValueError(f"{store} has no agent, yet it is linked")
    parsed = parse_record(vendor.transcript(row), 0, agent=store.agent.slug)
    if isinstance(parsed, ParsedSession):
        kept = ingest_session(store.workspace, store.agent, parsed, actor=SYSTEM)
        refusal = kept.reason if isinstance(kept, Refused) else ""
    else:
        refusal = parsed.reason
    # After the session is stored: a worker that is killed between reads it again, to no effect.
    HostedSession.objects.update_or_create(
        hosted=hosted,
        remote_id=str(row["id"])[:100],
        defaults={"updated_at": _spelled(row), "refusal": refusal},
        create_defaults={
            "updated_at": _spelled(row), "refusal": refusal, "found_at": clock.now()
        },
    )  # fmt: skip


def _note(hosted: HostedStore, session: str, access: str) -> None:
    with transaction.atomic(durable=True):
        HostedSession.objects.update_or_create(
            hosted=hosted,
            remote_id=session[:100],
            defaults={"access": access},
            create_defaults={"access": access, "found_at": clock.now()},
        )
        if access == WRITES:
            append(
                Action.HOSTED_MOUNTED,
                workspace=hosted.store.workspace.slug,
                actor=SYSTEM,
                object=name_store(hosted.store),
                after={"access": access},
                values={"session": session},
            )


def _spelled(row: Row) -> str:
    return str(row.get("updated_at") or "")[:40]
