"""What one lead did at once and another person answers."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from agents.models import MemoryStore, Person, Quarantine, Release, Workspace

ANSWER_WITHIN = timedelta(hours=48)


class ContainmentKind(models.TextChoices):
    ROLL_BACK = "roll_back"
    RESTORE = "restore"
    QUARANTINE = "quarantine"


class Containment(models.Model):
    """One lead's act in force at once; another person confirms or reverses it by `due_at`.

    A quarantine has no store of its own: what rests on a session may lie in several.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="containments")
    store = models.ForeignKey(
        MemoryStore, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    quarantine = models.OneToOneField(
        Quarantine,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="containment",
    )
    kind = models.CharField(max_length=12, choices=ContainmentKind)
    target = models.CharField(max_length=80)
    release = models.ForeignKey(
        Release, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    release_before = models.ForeignKey(
        Release, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    answer = models.CharField(max_length=10, blank=True)
    answered_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.target}"
