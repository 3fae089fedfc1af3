"""What people say to one another about a proposal."""

from django.db import models
from django.utils import timezone

from agents.models import Person
from reviews.models.proposals import Proposal


class Comment(models.Model):
    """Words of a person on a proposal; never changed, never deleted.

    number: counts from 1 within the proposal (#c-1). revision: the newest when it was written.
    marks: where people are named in the text, as [from, to].
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="comments")
    number = models.PositiveIntegerField()
    revision = models.PositiveIntegerField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    marks = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "number"], name="one_comment_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.proposal} comment {self.number}"


class Mention(models.Model):
    """Somebody who was named in a comment. `seen_at`: when they opened its proposal since."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="mentions")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="mentions")
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "person"], name="one_mention_a_person")
        ]
        indexes = [models.Index(fields=["person", "seen_at"], name="mentions_unseen")]

    def __str__(self) -> str:
        return f"{self.person} in {self.comment}"
