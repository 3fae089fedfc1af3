"""What somebody put aside for themselves."""

from django.db import models
from django.utils import timezone

from agents.models import Person, Workspace
from reviews.models.proposals import Proposal


class Postponement(models.Model):
    """One person does not want to see a proposal before `until`; to everybody else it is there.

    `number` is the proposal's, so that the queue is filtered without joining. The row stays when
    its time has come: it says that the proposal is back.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="postponements")
    number = models.PositiveBigIntegerField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="postponements")
    until = models.DateTimeField()
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "proposal"], name="one_postponement_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.proposal} put aside by {self.person}"
