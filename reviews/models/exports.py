"""What was taken out of the approval history."""

from django.db import models
from django.utils import timezone

from agents.models import Person, Workspace


class Export(models.Model):
    """An export of the approval history: what it holds, its SHA-256, who took it out."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="exports")
    number = models.PositiveBigIntegerField()
    by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    format = models.CharField(max_length=8)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    manifest = models.JSONField(default=dict)
    file_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="one_export_a_number")
        ]

    def __str__(self) -> str:
        return f"X-{self.number}"
