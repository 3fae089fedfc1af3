"""What agents remember: stores, paths and every text a path had."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models.agents import Agent
from agents.models.workspaces import Workspace


class Publishing(models.TextChoices):
    AT_ONCE = "at_once", _("At once")
    SCHEDULED = "scheduled", _("On a schedule")
    BY_HAND = "by_hand", _("By hand")


class MemoryStore(models.Model):
    """What one agent remembers; with no agent, what the whole workspace shares.

    publishing: when approved changes are served; on a schedule, at the slots of publish_cron in
    publish_zone that come after publish_set_at. revalidate_percent, revalidate_changes: how far
    live memory may be from the signed baseline, in bytes and in paths.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="stores")
    agent = models.OneToOneField(
        Agent, null=True, blank=True, on_delete=models.CASCADE, related_name="store"
    )
    unpublished_since = models.DateTimeField(null=True, blank=True, db_index=True)
    publishing = models.CharField(max_length=10, choices=Publishing, default=Publishing.AT_ONCE)
    publish_cron = models.CharField(max_length=100, blank=True)
    publish_zone = models.CharField(max_length=64, default="UTC")
    publish_set_at = models.DateTimeField(null=True, blank=True)
    revalidate_percent = models.PositiveSmallIntegerField(default=20)
    revalidate_changes = models.PositiveSmallIntegerField(default=30)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"], condition=Q(agent=None), name="one_shared_store"
            )
        ]

    def __str__(self) -> str:
        return self.agent.slug if self.agent else "shared"


class Memory(models.Model):
    """A path of a store. `head` is its newest applied version."""

    store = models.ForeignKey(MemoryStore, on_delete=models.CASCADE, related_name="memories")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memories")
    number = models.PositiveBigIntegerField()
    path = models.CharField(max_length=1024)
    head = models.OneToOneField(
        "MemoryVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    pinned = models.BooleanField(default=False)
    protected = models.BooleanField(default=False)
    review_by = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "memories"
        constraints = [
            models.UniqueConstraint(fields=["store", "path"], name="one_memory_a_path"),
            models.UniqueConstraint(fields=["workspace", "number"], name="one_memory_a_number"),
        ]

    def __str__(self) -> str:
        return f"M-{self.number}"


class MemoryVersion(models.Model):
    """One text a path had. A tombstone has no text and takes the path out of later releases.

    support and last_evidence_at rank it when memory is rendered; proposal names what it came from.
    """

    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    is_tombstone = models.BooleanField(default=False)
    title = models.CharField(max_length=120, blank=True)
    pattern_key = models.CharField(max_length=64, blank=True, db_index=True)
    support = models.PositiveIntegerField(default=0)
    last_evidence_at = models.DateTimeField(null=True, blank=True)
    taint = models.CharField(max_length=10)
    proposal = models.CharField(max_length=24, blank=True)
    restores = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["memory", "number"], name="one_version_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.memory} version {self.number}"
