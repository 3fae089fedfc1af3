"""Agents and the credentials of their stacks."""

from django.db import models
from django.utils import timezone

from agents.models.people import Person, new_public_id
from agents.models.workspaces import Workspace


class Agent(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="agents")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=120)
    owner = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="owned_agents"
    )
    purpose = models.TextField(blank=True)
    limits = models.TextField(blank=True)
    risk_tier = models.CharField(max_length=20, blank=True)
    model = models.CharField(max_length=120, blank=True)
    environment = models.CharField(max_length=120, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "slug"], name="one_agent_a_slug")
        ]

    def __str__(self) -> str:
        return self.name


class Scope(models.TextChoices):
    SESSIONS_WRITE = "sessions:write"
    MEMORY_READ = "memory:read"
    MEMORY_PROPOSE = "memory:propose"


class Token(models.Model):
    """A credential of an agent stack. The secret is shown once; its SHA-256 is kept."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="tokens")
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.CASCADE, related_name="tokens"
    )
    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    label = models.CharField(max_length=120)
    start = models.CharField(max_length=12)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    issued_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="issued_tokens")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.start}… {self.label}"
