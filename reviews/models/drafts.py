"""What somebody has typed and not yet sent."""

from django.db import models
from django.utils import timezone

from agents.models import Person
from reviews.models.proposals import Proposal


class Draft(models.Model):
    """What was last typed into one field of a proposal: its writer's alone, kept until sent or old.

    kind: edit, or of which words it is: reject, request, comment. revision: of the proposal it was
    begun on.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="drafts")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, default="edit")
    revision = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    saved_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "person", "kind"], name="one_draft_a_field")
        ]

    def __str__(self) -> str:
        return f"Draft of {self.proposal}"
