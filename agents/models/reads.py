"""Which texts entered which session."""

from django.db import models
from django.utils import timezone

from agents.models.agents import Agent
from agents.models.releases import Release
from agents.models.workspaces import Workspace


class Rendering(models.Model):
    """What a read gives for one pair of releases, budget and quarantine state: shared by reads.

    items: [{memory, version, path, in, reason}] in the order memories were considered.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64, unique=True)
    sha256 = models.CharField(max_length=64)
    tokens = models.PositiveIntegerField()
    items = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.sha256[:12]


class MemoryRead(models.Model):
    """Which versions entered which session. A repeat of the same read writes nothing."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="reads")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="reads")
    external_session_id = models.CharField(max_length=300)
    arm = models.CharField(max_length=40, null=True, blank=True)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    shared_release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    budget_tokens = models.PositiveIntegerField()
    rendering = models.ForeignKey(Rendering, on_delete=models.PROTECT, related_name="reads")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "external_session_id", "budget_tokens", "rendering"],
                name="one_read_a_session_and_rendering",
            )
        ]
        indexes = [models.Index(fields=["agent", "external_session_id", "id"])]

    def __str__(self) -> str:
        return f"{self.agent} read {self.release} for {self.external_session_id}"
