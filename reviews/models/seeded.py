"""Test items: known cases mixed into the queue. No row of theirs is ever a proposal."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models import Person, Workspace


class SeededItem(models.Model):
    """One known case shown to one person under an id of its own, and what they said of it.

    number: of a P-… that no proposal has. after: the proposal after whose decision it was shown.
    agent and dream: as that proposal's page named them.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="seeded_items")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="seeded_items")
    number = models.PositiveBigIntegerField()
    sample = models.CharField(max_length=60)
    after = models.PositiveBigIntegerField()
    agent = models.CharField(max_length=120, blank=True)
    dream = models.CharField(max_length=40)
    answer = models.CharField(max_length=10, blank=True)
    opened = models.JSONField(default=list)
    shown_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "number"], name="one_seeded_item_a_number"
            ),
            models.UniqueConstraint(
                fields=["workspace", "person"],
                condition=Q(answered_at__isnull=True),
                name="one_open_seeded_item",
            ),
        ]

    def __str__(self) -> str:
        return f"P-{self.number}"
