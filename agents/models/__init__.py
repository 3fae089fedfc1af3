"""What agents are, did and know. One file a noun."""

from agents.models.agents import Agent, Scope, Token
from agents.models.hosted import (
    HostedMemory,
    HostedMessage,
    HostedPush,
    HostedSession,
    HostedStore,
    OutsideWrite,
)
from agents.models.memory import Memory, MemoryStore, MemoryVersion, Publishing
from agents.models.people import Person, PersonManager, new_public_id
from agents.models.quarantines import Quarantine, QuarantineKind
from agents.models.reads import MemoryRead, Rendering
from agents.models.releases import Channel, Release, ReleaseItem
from agents.models.sessions import Check, Event, Outcome, Session, SessionRevision, SystemPrompt
from agents.models.workspaces import (
    ApproverGroup,
    Counter,
    Membership,
    Qualification,
    Workspace,
    WorkspaceRole,
    every_kind,
)

__all__ = [
    "Agent",
    "ApproverGroup",
    "Channel",
    "Check",
    "Counter",
    "Event",
    "HostedMemory",
    "HostedMessage",
    "HostedPush",
    "HostedSession",
    "HostedStore",
    "Membership",
    "Memory",
    "MemoryRead",
    "MemoryStore",
    "MemoryVersion",
    "Outcome",
    "OutsideWrite",
    "Person",
    "PersonManager",
    "Publishing",
    "Qualification",
    "Quarantine",
    "QuarantineKind",
    "Release",
    "ReleaseItem",
    "Rendering",
    "Scope",
    "Session",
    "SessionRevision",
    "SystemPrompt",
    "Token",
    "Workspace",
    "WorkspaceRole",
    "every_kind",
    "new_public_id",
]
