"""Lists of proposals that were decided at once."""

from django.db import models
from django.utils import timezone

from agents.models import Person, Workspace, new_public_id
from reviews.models.proposals import Decision


class Batch(models.Model):
    """A list as it was frozen, and what became of each proposal on it.

    items: in the order of the list, {number, revision, why}: why it was skipped, '' where it was
    decided. token: of the form it was sent with, and of each of its decisions. apply_at: the end
    of its one grace. undone_at: when it was taken back as a whole.
    """

    key = models.CharField(max_length=32, default=new_public_id, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="batches")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="batches")
    verdict = models.CharField(max_length=10)
    items = models.JSONField(default=list)
    token = models.CharField(max_length=64)
    decided_at = models.DateTimeField(default=timezone.now)
    apply_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "person", "token"], name="one_batch_a_form"
            )
        ]

    def __str__(self) -> str:
        return f"batch:{self.key}"

    @property
    def decisions(self) -> models.QuerySet[Decision]:
        """Return the decisions of the batch, undone or not."""
        return Decision.objects.filter(
            proposal__workspace=self.workspace, person=self.person, token=self.token
        )
