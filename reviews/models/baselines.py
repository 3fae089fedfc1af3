"""A release that a named person stands behind, with what the agent is for."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models import MemoryStore, Person, Release, Workspace


class Baseline(models.Model):
    """A release signed with the purpose and limits of then; the one without replaced_at counts.

    measured: the release whose distance from it is in `changes` (paths whose text differs) and
    `bytes` (of them, the longer text of each). left_at: when that passed the store's limits.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="baselines")
    store = models.ForeignKey(MemoryStore, on_delete=models.CASCADE, related_name="baselines")
    number = models.PositiveIntegerField()
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="baselines")
    purpose = models.TextField()
    limits = models.TextField(blank=True)
    statement = models.TextField()
    signed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=timezone.now)
    measured = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    changes = models.PositiveIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    left_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "number"], name="one_baseline_a_number"),
            models.UniqueConstraint(
                fields=["store"], condition=Q(replaced_at=None), name="one_baseline_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"baseline {self.number} of {self.store}"
