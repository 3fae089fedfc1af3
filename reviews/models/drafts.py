"""What somebody has typed and not yet sent."""

from django.db import models
from django.utils import timezone

from agents.models import Person
from reviews.models.proposals import Proposal


class Draft(models.Model):
    """The text of an edit as it was last typed: its writer's alone, kept until sent or too old.

    revision: of the proposal it was begun on.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="drafts")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    saved_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "person"], name="one_draft_a_person")
        ]

    def __str__(self) -> str:
        return f"Draft of {self.proposal}"
