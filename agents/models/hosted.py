"""Memory stores that live at Claude Managed Agents and are governed here.

What is said of the vendor's side is what it told when it was last asked.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models.memory import MemoryStore, MemoryVersion
from agents.models.people import Person


class HostedStore(models.Model):
    """The store at the vendor that `store` stands for. One is governed from one place only.

    remote_id: the vendor's name of the store (memstore_…); name: as it is called there;
    remote_agent: of the agent whose sessions are read (agent_…). synced_at: when it was last read
    to its end; tried_at: when that was last begun; failure: why the last try was not, '' when it
    was. wake_at: since when somebody asks for it. turn_until: until when one worker has it.
    """

    store = models.OneToOneField(MemoryStore, on_delete=models.CASCADE, related_name="hosted")
    remote_id = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=255, blank=True)
    remote_agent = models.CharField(max_length=100)
    linked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField(default=timezone.now)
    synced_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    wake_at = models.DateTimeField(null=True, blank=True)
    turn = models.CharField(max_length=32, blank=True)
    turn_until = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.remote_id


class HostedSession(models.Model):
    """A session at the vendor that is the agent's, or that has the store mounted.

    updated_at: as the vendor spelled it when the session was read; '' for one that is not read.
    access: of the store's mount (read_write, read_only), '' for none. refusal: why it did not
    come in.
    """

    hosted = models.ForeignKey(HostedStore, on_delete=models.CASCADE, related_name="sessions")
    remote_id = models.CharField(max_length=100)
    updated_at = models.CharField(max_length=40, blank=True)
    access = models.CharField(max_length=20, blank=True)
    refusal = models.TextField(blank=True)
    found_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hosted", "remote_id"], name="one_hosted_session_an_id")
        ]

    def __str__(self) -> str:
        return self.remote_id


class HostedMemory(models.Model):
    """A path of the store at the vendor.

    remote_id: the vendor's name of the memory (mem_…). agreed: SHA-256 of the text both sides last
    had, '' for none. seen: of the text found there last, '' for none. Where the two differ,
    somebody else wrote there.
    """

    hosted = models.ForeignKey(HostedStore, on_delete=models.CASCADE, related_name="memories")
    path = models.CharField(max_length=1024)
    remote_id = models.CharField(max_length=100, blank=True)
    agreed = models.CharField(max_length=64, blank=True)
    seen = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "hosted memories"
        constraints = [
            models.UniqueConstraint(fields=["hosted", "path"], name="one_hosted_memory_a_path")
        ]

    def __str__(self) -> str:
        return f"{self.hosted}{self.path}"


class HostedPush(models.Model):
    """One change on its way to the store at the vendor: its journal.

    version: what is written, a tombstone for what is taken out; null where the path never had a
    text here. sha256: of the text the path is to have, '' for none; expected: of the one it is
    replaced on. state: planned, sent (asked, answer unknown), done or refused; cause: stale (the
    path holds another text), refused (the vendor will not have it) or overtaken (no longer
    wanted), with `words`. remote_version: the version the vendor made of it. by: the lead whose
    revert it is, null for what follows from a decision.
    """

    hosted = models.ForeignKey(HostedStore, on_delete=models.CASCADE, related_name="pushes")
    path = models.CharField(max_length=1024)
    version = models.ForeignKey(
        MemoryVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sha256 = models.CharField(max_length=64, blank=True)
    expected = models.CharField(max_length=64, blank=True)
    remote_id = models.CharField(max_length=100, blank=True)
    remote_version = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=10, default="planned")
    cause = models.CharField(max_length=10, blank=True)
    words = models.TextField(blank=True)
    by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)
    planned_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "hosted pushes"
        constraints = [
            models.UniqueConstraint(
                fields=["hosted", "path"],
                condition=Q(state__in=("planned", "sent")),
                name="one_push_a_path",
            )
        ]
        indexes = [
            models.Index(fields=["hosted", "remote_version"], name="pushes_by_version"),
            models.Index(fields=["hosted", "-id"], name="pushes_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.path}: {self.state}"


class OutsideWrite(models.Model):
    """A write to the store at the vendor that was not Daybreak's.

    version: the vendor's name of it (memver_…). operation: created, modified or deleted.
    actor_kind: session, key, user, service or unknown; actor: its id there. content: the text it
    left, '' where it left none or a later write replaced it before it was read. answer: '' while
    nobody answered, reverted, filed (as `proposal`) or passed (it left what was wanted).
    """

    hosted = models.ForeignKey(HostedStore, on_delete=models.CASCADE, related_name="writes")
    version = models.CharField(max_length=100)
    path = models.CharField(max_length=1024)
    operation = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64, blank=True)
    content = models.TextField(blank=True)
    actor_kind = models.CharField(max_length=10)
    actor = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField(null=True, blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=10, blank=True)
    proposal = models.CharField(max_length=24, blank=True)
    answered_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hosted", "version"], name="one_write_a_version")
        ]
        indexes = [models.Index(fields=["hosted", "-id"], name="outside_writes_newest")]

    def __str__(self) -> str:
        return f"{self.version} of {self.hosted}"


class HostedMessage(models.Model):
    """A message of the vendor's webhook that came, so that it counts once. message: its id."""

    message = models.CharField(max_length=100, unique=True)
    received_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.message
