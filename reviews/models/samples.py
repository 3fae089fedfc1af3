"""Runs through the sample queue and what was answered. Nothing here is a proposal."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models import Person, Workspace


class SampleRun(models.Model):
    """One person's way through the sample queue: to practise, or to qualify for `group`.

    attempt: counted per person and workspace. seed and version lay the run out again. group: the
    approver group's name, '' for practice. right and caught are set when the run ends, and passed
    where it is to qualify.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="sample_runs")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sample_runs")
    attempt = models.PositiveIntegerField()
    group = models.CharField(max_length=60, blank=True)
    seed = models.PositiveBigIntegerField()
    version = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    right = models.PositiveSmallIntegerField(null=True, blank=True)
    caught = models.PositiveSmallIntegerField(null=True, blank=True)
    passed = models.BooleanField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "person", "attempt"], name="one_sample_run_an_attempt"
            ),
            models.UniqueConstraint(
                fields=["workspace", "person", "group"],
                condition=Q(ended_at__isnull=True),
                name="one_open_sample_run",
            ),
        ]

    def __str__(self) -> str:
        return f"Run {self.attempt}"


class SampleAnswer(models.Model):
    """One sample of a run, and what was said of it. opened: which of its quotes were opened."""

    run = models.ForeignKey(SampleRun, on_delete=models.CASCADE, related_name="answers")
    position = models.PositiveSmallIntegerField()
    sample = models.CharField(max_length=60)
    answer = models.CharField(max_length=10, blank=True)
    code = models.CharField(max_length=30, blank=True)
    reason = models.TextField(blank=True)
    opened = models.JSONField(default=list)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="one_sample_a_position")
        ]

    def __str__(self) -> str:
        return f"{self.run}, sample {self.position}"
