"""What is out of service."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models.agents import Agent
from agents.models.memory import Memory
from agents.models.people import Person
from agents.models.sessions import Session
from agents.models.workspaces import Workspace


class QuarantineKind(models.TextChoices):
    SESSION = "session"
    AGENT = "agent"
    PERSON = "person"
    MEMORY = "memory"


class Quarantine(models.Model):
    """One thing that is out of service until `lifted_at`. `target` is its human or public id.

    What a person put there has a `number` of its workspace and no `cause`; what went with it names
    it and has none: the memories that rest on it. `through` is the number of the memory's newest
    version that is out: what is approved for the path later is served. `names` are what a
    quarantined person is called in sessions, case-folded.
    Of an agent or a person, sessions that come in after `ended_at` are in service again: somebody
    let them in once what was wrong was mended.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="quarantines")
    cause = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts"
    )
    number = models.PositiveBigIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=10, choices=QuarantineKind)
    target = models.CharField(max_length=80)
    session = models.ForeignKey(
        Session, null=True, blank=True, on_delete=models.PROTECT, related_name="quarantines"
    )
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="quarantines"
    )
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    names = models.JSONField(default=list)
    memory = models.ForeignKey(
        Memory, null=True, blank=True, on_delete=models.PROTECT, related_name="quarantines"
    )
    through = models.PositiveIntegerField(null=True, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lift_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="one_quarantine_a_number"),
            models.CheckConstraint(
                condition=Q(cause=None, number__isnull=False) | Q(cause__isnull=False, number=None),
                name="a_quarantine_or_its_part",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "kind"],
                condition=Q(lifted_at=None),
                name="quarantines_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"Q-{self.number}" if self.number else f"{self.kind} {self.target}"
