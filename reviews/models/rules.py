"""By which rule a change is decided, and what is proposed that a rule should say."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models import Person, Workspace


class ApprovalRule(models.Model):
    """A named rule; what it says stands in its versions, the newest of which is in force."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="rules")
    name = models.SlugField(max_length=80)
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="one_rule_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class RuleChangeState(models.TextChoices):
    PENDING = "pending"
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RuleChange(models.Model):
    """What one person proposes a rule should say; another applies or refuses it.

    number: counted for each rule's name. body: as a version's; empty to retire the rule.
    place: where the rule shall stand among those in force, 1 is first. base: the version in force
    when it was proposed, 0 for none. entry: the event id of the entry that says it was proposed.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="rule_changes")
    name = models.SlugField(max_length=80)
    number = models.PositiveIntegerField()
    body = models.JSONField(default=dict)
    place = models.PositiveIntegerField()
    base = models.PositiveIntegerField(default=0)
    reason = models.TextField()
    state = models.CharField(
        max_length=10, choices=RuleChangeState, default=RuleChangeState.PENDING
    )
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    answered_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    entry = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name", "number"], name="one_rule_change_a_number"
            ),
            models.UniqueConstraint(
                fields=["workspace", "name"],
                condition=Q(state="pending"),
                name="one_pending_change_a_rule",
            ),
            models.CheckConstraint(
                condition=Q(state__in=RuleChangeState.values), name="rule_change_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"change {self.number} of {self.name}"

    @property
    def retires(self) -> bool:
        """Say whether the rule is to be taken out of force."""
        return not self.body


class ApprovalRuleVersion(models.Model):
    """body: {agent, path_prefix, ops, risks, traits, needs: [[group or null, count]], mode}.

    An empty body takes the rule out of force. change: what was proposed and applied by two
    persons; null for what the system set.
    """

    rule = models.ForeignKey(ApprovalRule, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    created_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    change = models.OneToOneField(
        RuleChange, null=True, blank=True, on_delete=models.PROTECT, related_name="version"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="one_rule_version_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.rule} version {self.number}"
