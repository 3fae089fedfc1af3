"""By which rule a change is decided."""

from django.db import models
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


class ApprovalRuleVersion(models.Model):
    """body: {agent, path_prefix, ops, risks, facts, needs: [[group or null, count]], mode}."""

    rule = models.ForeignKey(ApprovalRule, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    created_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="one_rule_version_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.rule} version {self.number}"
