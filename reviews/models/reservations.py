"""Who is at work on a proposal, and who looks at it. Both end by time, without anybody's doing."""

from django.db import models

from agents.models import Person, Workspace
from reviews.models.proposals import Proposal


class Reservation(models.Model):
    """A proposal is one person's until `until`; after that the row says nothing any more.

    `number` is the proposal's, so that the queue is filtered without joining. `by_opening`: it came
    with opening the page and goes when that person opens another one.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    proposal = models.OneToOneField(Proposal, on_delete=models.CASCADE, related_name="reservation")
    number = models.PositiveBigIntegerField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="reservations")
    until = models.DateTimeField()
    by_opening = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "until", "number"], name="reservations_live"),
            models.Index(fields=["person", "until"], name="reservations_of"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} reserved by {self.person}"


class Presence(models.Model):
    """Somebody had the proposal's page open at `seen_at`; a page that is open says so again."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="presences")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "person"], name="one_presence_a_person")
        ]
        indexes = [models.Index(fields=["person", "seen_at"], name="presences_of")]

    def __str__(self) -> str:
        return f"{self.person} at {self.proposal}"
