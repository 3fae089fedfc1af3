"""How long deciding may take in a workspace, and what the worker did about each proposal."""

from django.db import models
from django.db.models import F, Q

from agents.models import ApproverGroup, Person, Workspace, new_public_id
from reviews.models.proposals import Proposal


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


class Deadline(models.Model):
    """What became of a proposal's due time, from its filing on; the worker reads it by `look_at`.

    round: grows with each revision and each time it is found to apply still; a reminder and an
    escalation belong to one round. look_at: when there is something to do next, null when there is
    not. escalated_to: the group's name, '' for the leads. told: the step of which people heard.
    """

    proposal = models.OneToOneField(
        Proposal, on_delete=models.CASCADE, primary_key=True, related_name="deadline"
    )
    round = models.PositiveIntegerField(default=1)
    look_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalated_to = models.CharField(max_length=60, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    told = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["look_at"], condition=Q(look_at__isnull=False), name="deadlines_to_look_at"
            )
        ]

    def __str__(self) -> str:
        return f"deadline of {self.proposal}"


class Absence(models.Model):
    """Somebody is away from `starts_at` until before `ends_at`; `stand_in` has what is theirs.

    Ended early it gets `ended_at`; the row stays.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="absences")
    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="absences")
    stand_in = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="absence_ends_after_it_starts"
            )
        ]
        indexes = [models.Index(fields=["workspace", "ends_at"], name="absences_by_end")]

    def __str__(self) -> str:
        return f"{self.person} is away"
