"""Votes that were taken back."""

from django.db import models
from django.utils import timezone

from agents.models import Person
from reviews.models.proposals import Decision


class Undo(models.Model):
    """A settling vote was taken back within the grace: from then on it counts no more.

    Append-only, as the decision is that it speaks of.
    """

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="undo")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.decision}, undone"
