"""What one lead did at once and another person answers."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models import MemoryStore, Person, Quarantine, Release, Workspace

ANSWER_WITHIN = timedelta(hours=48)


class ContainmentKind(models.TextChoices):
    ROLL_BACK = "roll_back"
    RESTORE = "restore"
    QUARANTINE = "quarantine"


class Containment(models.Model):
    """One lead's act in force at once; another person confirms or reverses it by `due_at`.

    A quarantine has no store of its own: what rests on a session may lie in several. It is known by
    the quarantine's number, everything else by a `number` of its workspace.
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
    number = models.PositiveBigIntegerField(null=True, blank=True)
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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "number"], name="one_containment_a_number"
            ),
            models.CheckConstraint(
                condition=Q(quarantine=None, number__isnull=False)
                | Q(quarantine__isnull=False, number=None),
                name="a_containment_or_a_quarantine",
            ),
        ]

    def __str__(self) -> str:
        return str(self.quarantine) if self.quarantine else f"C-{self.number}"
