"""How long deciding may take in a workspace."""

from django.db import models

from agents.models import ApproverGroup, Workspace


class DueTimes(models.Model):
    """What a lead set: hours by risk, days until a proposal is checked again, who hears last.

    Without a row the defaults of reviews.due_times.Limits are in force, and leads hear last.
    """

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, related_name="due_times")
    high_hours = models.PositiveIntegerField()
    medium_hours = models.PositiveIntegerField()
    low_hours = models.PositiveIntegerField()
    recheck_days = models.PositiveIntegerField()
    escalation_group = models.ForeignKey(
        ApproverGroup, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name_plural = "due times"

    def __str__(self) -> str:
        return f"due times of {self.workspace}"
