"""Linking a memory to the store at the vendor it stands for, and parting the two again."""

import re
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from agents import clock
from agents.memory import lock_store, name_store
from agents.models import HostedStore, MemoryStore
from agents.people import Member, actor_of, require_right
from agents.rights import Right
from dreaming.errors import NotLinkable
from dreaming.hosted.plans import Row
from dreaming.hosted.reach import reach
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.errors import ReasonMissing

if TYPE_CHECKING:
    from dreaming.hosted.vendor import Vendor

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")
NAME_LENGTH = 255
GOVERNED = "That store is linked already: one store at the vendor is governed from one place only."


def link_store(store: MemoryStore, *, remote_id: str, remote_agent: str, by: Member) -> HostedStore:
    """Let `store` stand for the store `remote_id`, with the sessions of `remote_agent` read.

    Nothing is written there by it. What that store holds is named with the next sync as what it
    is: text that nobody here approved. Raises agents.errors.NotAllowed for who is no lead,
    NotLinkable, and VendorFailed when it cannot be looked at.
    """
    require_right(by, Right.LINK_STORES)
    remote_id, remote_agent = _clean(remote_id, "a store"), _clean(remote_agent, "an agent")
    if store.agent is None:
        raise NotLinkable("The shared memory belongs to no agent; link an agent's own memory.")
    _refuse_linked(store, remote_id)
    with reach(store.workspace) as vendor:
        found = _look_at(vendor, remote_id, remote_agent)
    try:
        with transaction.atomic(durable=True):
            locked = lock_store(store)
            _refuse_linked(locked, remote_id)
            row = HostedStore.objects.create(
                store=locked,
                remote_id=remote_id,
                name=str(found.get("name") or "")[:NAME_LENGTH],
                remote_agent=remote_agent,
                linked_by=by.person,
                linked_at=clock.now(),
                wake_at=clock.now(),
            )
            append(
                Action.HOSTED_LINKED,
                workspace=locked.workspace.slug,
                actor=actor_of(by.person),
                object=name_store(locked),
                after={"remote": remote_id, "agent": remote_agent},
            )
    except IntegrityError as error:
        raise NotLinkable(GOVERNED) from error
    return row


def unlink_store(hosted: HostedStore, *, reason: str, by: Member) -> None:
    """Part the two: nothing is read there or sent there any more. What is there stays as it is.

    The journal goes with the link; what was sent and found stands in the log. Raises
    agents.errors.NotAllowed for who is no lead, ReasonMissing.
    """
    require_right(by, Right.LINK_STORES)
    if not reason.strip():
        raise ReasonMissing("Say why the memory is parted from its store at the vendor.")
    with transaction.atomic(durable=True):
        locked = lock_store(hosted.store)
        row = HostedStore.objects.filter(pk=hosted.pk).first()
        if row is None:
            return
        append(
            Action.HOSTED_UNLINKED,
            workspace=locked.workspace.slug,
            actor=actor_of(by.person),
            object=name_store(locked),
            before={"remote": row.remote_id, "agent": row.remote_agent},
            values={"reason": reason.strip()},
        )
        row.delete()


def ask_for_sync(hosted: HostedStore) -> None:
    """Let the next tick sync the store, and try again what the vendor refused."""
    hosted.pushes.filter(cause="refused").update(cause="overtaken")
    HostedStore.objects.filter(pk=hosted.pk, wake_at=None).update(wake_at=clock.now())


def _clean(name: str, what: str) -> str:
    name = name.strip()
    if not ID.fullmatch(name):
        raise NotLinkable(f"{name[:40]!r} is not the id of {what} at the vendor.")
    return name


def _refuse_linked(store: MemoryStore, remote_id: str) -> None:
    standing = HostedStore.objects.filter(store=store).first()
    if standing is not None:
        raise NotLinkable(f"This memory is linked to {standing.remote_id}; unlink it first.")
    if HostedStore.objects.filter(remote_id=remote_id).exists():
        raise NotLinkable(GOVERNED)


def _look_at(vendor: "Vendor", remote_id: str, remote_agent: str) -> Row:
    found = vendor.store(remote_id)
    if found is None:
        raise NotLinkable(f"There is no store {remote_id} that the key can see.")
    if found.get("archived_at"):
        raise NotLinkable(f"{remote_id} is archived: it can be read and never written again.")
    if vendor.agent(remote_agent) is None:
        raise NotLinkable(f"There is no agent {remote_agent} that the key can see.")
    return found
