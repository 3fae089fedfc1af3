"""What agents did: sessions as they were sent, and how they ended."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models.agents import Agent
from agents.models.workspaces import Workspace
from agents.transcripts.base import EventKind, Role, Verdict


class SystemPrompt(models.Model):
    """The text sessions repeat at their start, stored once a workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    sha256 = models.CharField(max_length=64)
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "sha256"], name="one_system_prompt_a_text")
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class Session(models.Model):
    """One session of an agent. `revision` is the number of its newest revision."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="sessions")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="sessions")
    number = models.PositiveBigIntegerField()
    external_id = models.CharField(max_length=300)
    task_key = models.CharField(max_length=300, blank=True)
    trial = models.CharField(max_length=120, blank=True)
    principal = models.CharField(max_length=300, blank=True)
    model = models.CharField(max_length=120, blank=True)
    environment = models.CharField(max_length=120, blank=True)
    verdict = models.CharField(max_length=10, choices=[(v.value, v.value) for v in Verdict])
    not_agent_fault = models.TextField(blank=True)
    release = models.ForeignKey(
        "Release", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    shared_release = models.ForeignKey(
        "Release", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    revision = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    quarantined_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "external_id"], name="one_session_an_id"),
            models.UniqueConstraint(fields=["workspace", "number"], name="one_session_a_number"),
        ]
        indexes = [models.Index(fields=["workspace", "agent", "-number"])]

    def __str__(self) -> str:
        return f"S-{self.number}"


class SessionRevision(models.Model):
    """A session's transcript as it was sent once; a changed transcript is a new revision."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    system_prompt = models.ForeignKey(
        SystemPrompt, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sub_sessions = models.JSONField(default=list)
    event_count = models.PositiveIntegerField(default=0)
    tool_calls = models.PositiveIntegerField(default=0)
    tool_errors = models.PositiveIntegerField(default=0)
    secrets_removed = models.PositiveIntegerField(default=0)
    characters_replaced = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="one_revision_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.session} revision {self.number}"


class Event(models.Model):
    """One text, tool call, tool result or human act. Text is text: jsonb would renumber it."""

    revision = models.ForeignKey(SessionRevision, on_delete=models.CASCADE, related_name="events")
    index = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in EventKind])
    role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in Role])
    trust = models.CharField(max_length=10)
    text = models.TextField()
    tool = models.CharField(max_length=200, blank=True)
    call_id = models.CharField(max_length=200, blank=True)
    is_error = models.BooleanField(default=False)
    person = models.CharField(max_length=300, blank=True)
    sub_session = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "index"], name="one_event_an_index")
        ]
        indexes = [
            # Few events name a person: what one said is found without reading what all said.
            models.Index(fields=["person"], condition=~Q(person=""), name="events_of_people")
        ]

    def __str__(self) -> str:
        return f"{self.revision} event {self.index}"


class Outcome(models.Model):
    revision = models.OneToOneField(
        SessionRevision, on_delete=models.CASCADE, related_name="outcome"
    )
    verdict = models.CharField(max_length=10, choices=[(v.value, v.value) for v in Verdict])
    edit_distance = models.FloatField(null=True, blank=True)

    def __str__(self) -> str:
        return self.verdict


class Check(models.Model):
    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="checks")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    passed = models.BooleanField()
    message = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["outcome", "position"], name="one_check_a_position")
        ]

    def __str__(self) -> str:
        return self.name
