"""What auditors drew from a period's population."""

from django.db import models
from django.utils import timezone

from agents.models import Person, Workspace
from reviews.models.exports import Export


class AuditSample(models.Model):
    """A sample of the proposals decided in a period: seed, rule and result of the draw.

    population: how many it was drawn from, population_sha256 of their names, one a line. drawn:
    the numbers of the proposals, in the order in which the lot fell on them. packet: the newest.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    since = models.DateField()
    until = models.DateField()
    seed = models.CharField(max_length=64)
    rule = models.CharField(max_length=20)
    population = models.PositiveBigIntegerField()
    population_sha256 = models.CharField(max_length=64)
    drawn = models.JSONField(default=list)
    packet = models.ForeignKey(
        Export, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    drawn_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="one_sample_a_number")
        ]

    def __str__(self) -> str:
        return f"Sample {self.number}"
