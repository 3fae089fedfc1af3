"""Workspaces, and who is what in them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models.people import Person
from agents.personal import KINDS


def every_kind() -> list[str]:
    """Return every kind of personal data: covered until somebody says otherwise."""
    return list(KINDS)


class Workspace(models.Model):
    """Tenancy and residency boundary. `visible_checks` names the checks engines may read.

    frozen_at: nothing is dreamt, applied or published; paused_at: nothing is dreamt. engines,
    regions, masked: see agents.boundaries.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    visible_checks = models.JSONField(default=list)
    engines = models.JSONField(default=list)
    regions = models.JSONField(default=list)
    masked = models.JSONField(default=every_kind)
    frozen_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    test_item_percent = models.PositiveSmallIntegerField(default=0)
    double_review_percent = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class WorkspaceRole(models.TextChoices):
    REVIEWER = "reviewer", _("Reviewer")
    LEAD = "lead", _("Lead")
    AUDITOR = "auditor", _("Auditor")
    ADMIN = "admin", _("Admin")


class Membership(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=WorkspaceRole)
    created_at = models.DateTimeField(default=timezone.now)
    # When the person put the checklist of a first visit away; until then it is shown to them.
    settled_in_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "person"], name="one_role_a_person"),
            models.CheckConstraint(
                condition=Q(role__in=WorkspaceRole.values), name="membership_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} is {self.role} in {self.workspace}"


class ApproverGroup(models.Model):
    """People whom approval rules name. From `qualified_since` on only the qualified count in it.

    qualification_days: how long a qualification for it holds.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="groups")
    name = models.SlugField(max_length=60)
    people = models.ManyToManyField(Person, related_name="approver_groups")
    qualified_since = models.DateTimeField(null=True, blank=True)
    qualification_days = models.PositiveSmallIntegerField(default=365)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="one_group_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class Qualification(models.Model):
    """That a person passed the sample queue for a group; it holds until `valid_until`.

    group is a name: what was passed stays on the record when the group is removed. score and caught
    of `of` samples and `traps` traps; version: of the set of samples; attempt: the person's run.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="qualifications"
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="qualifications")
    group = models.CharField(max_length=60)
    attempt = models.PositiveIntegerField()
    score = models.PositiveSmallIntegerField()
    of = models.PositiveSmallIntegerField()
    caught = models.PositiveSmallIntegerField()
    traps = models.PositiveSmallIntegerField()
    version = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "person", "attempt"], name="one_qualification_an_attempt"
            )
        ]
        indexes = [
            models.Index(
                fields=["workspace", "group", "person", "valid_until"], name="qualifications_held"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} for {self.group}"


class Counter(models.Model):
    """The last human id given out for one letter of a workspace (P, D, M, S, R, X, C, Q)."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    letter = models.CharField(max_length=1)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "letter"], name="one_counter_a_letter")
        ]

    def __str__(self) -> str:
        return f"{self.letter}-{self.last}"
