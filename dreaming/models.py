"""Dreams, the patterns they saw, what they read, and when the next one starts."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import Agent, MemoryStore, Person, SessionRevision, Workspace
from reviews.models import Proposal


class DreamState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    PARTIAL = "partial", _("Partial")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    SKIPPED = "skipped", _("Skipped")
    HELD = "held", _("Held")


class Step(models.TextChoices):
    READING = "reading"
    MINING = "mining"
    CONSOLIDATING = "consolidating"
    FILING = "filing"


class Schedule(models.Model):
    """When a store dreams by itself: a cron line in a time zone (agents.slots), and since when.

    min_hours since its last dream and min_sessions new sessions are wanted, else the slot is
    skipped; idle_minutes without a new session, else it waits (0: it never waits).
    set_at: when its times were last set; slots before it are not due.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="schedules")
    store = models.OneToOneField(MemoryStore, on_delete=models.CASCADE, related_name="schedule")
    cron = models.CharField(max_length=100, default="0 2 * * *")
    zone = models.CharField(max_length=64, default="UTC")
    min_hours = models.PositiveIntegerField(default=24)
    min_sessions = models.PositiveIntegerField(default=5)
    idle_minutes = models.PositiveIntegerField(default=0)
    instructions = models.TextField(blank=True)
    engine = models.CharField(max_length=60, default="local")
    enabled = models.BooleanField(default=True)
    set_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.store} at {self.cron} {self.zone}"


class Dream(models.Model):
    """One dream over one store: the row is the truth, a message only wakes a worker.

    Whoever holds `lease_token` until `lease_until` runs it; every write of a run is conditional on
    the token. `failure` is the cause in words; `admitted_*` let a held dream's changes through.
    `due_slot` is the schedule's slot (2026-11-21T02:00Z), `passed_over` the slots before it that
    came and were not dreamt: {count, newest: [up to 20, in order]}.
    `proposed` keeps each change with its status: [{status, reference, change}]. `requests` keeps
    what reviewers asked of it when they sent proposals back, and what became of it:
    [{proposal, words, outcome, reference}]. `estimate` is what its engine said it may cost before
    it spent anything, `covered` how often personal data was covered in what it was sent.
    `asks_first`: it spends nothing before its starter agrees to the estimate; `asked_at` since when
    it waits for that, `agreed` the estimate that was agreed to.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="dreams")
    store = models.ForeignKey(MemoryStore, on_delete=models.CASCADE, related_name="dreams")
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.CASCADE, related_name="dreams"
    )
    number = models.PositiveBigIntegerField()
    engine = models.CharField(max_length=60)
    engine_version = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=DreamState, default=DreamState.QUEUED)
    step = models.CharField(max_length=14, choices=Step, blank=True)
    step_done = models.PositiveIntegerField(default=0)
    step_total = models.PositiveIntegerField(default=0)
    step_times = models.JSONField(default=dict)
    started_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    schedule = models.ForeignKey(
        Schedule, null=True, blank=True, on_delete=models.SET_NULL, related_name="dreams"
    )
    due_slot = models.CharField(max_length=20, blank=True)
    passed_over = models.JSONField(default=dict)
    instructions = models.TextField(blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(default=timezone.now)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    input_sha256 = models.CharField(max_length=64, blank=True)
    sessions_read = models.PositiveIntegerField(default=0)
    sessions_succeeded = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=list)
    dropped = models.JSONField(default=list)
    loss = models.JSONField(default=dict)
    proposed = models.JSONField(default=list)
    requests = models.JSONField(default=list)
    usage = models.JSONField(default=dict)
    estimate = models.JSONField(default=dict)
    covered = models.PositiveIntegerField(default=0)
    asks_first = models.BooleanField(default=False)
    asked_at = models.DateTimeField(null=True, blank=True)
    agreed = models.JSONField(default=dict)
    failure = models.TextField(blank=True)
    admitted_by_lead = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    admitted_by_reviewer = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="one_dream_a_number"),
            models.UniqueConstraint(
                fields=["schedule", "due_slot"],
                condition=Q(schedule__isnull=False),
                name="one_dream_a_slot",
            ),
            models.UniqueConstraint(
                fields=["store"],
                condition=Q(state__in=["queued", "running"]),
                name="one_unfinished_dream_a_store",
            ),
            models.CheckConstraint(
                condition=Q(state__in=DreamState.values), name="dream_state_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-number"], name="dreams_newest"),
            models.Index(
                fields=["not_before"],
                condition=Q(state__in=["queued", "running"]),
                name="dreams_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"D-{self.number}"

    @property
    def is_recording(self) -> bool:
        """Say whether its engine had recorded answers, and no model read anything."""
        # As engines.claude.options marks it.
        return self.engine_version.endswith("/recording")


class Pattern(models.Model):
    """A pattern a dream saw: its numbers, what became of it, and the proposal it led to."""

    dream = models.ForeignKey(Dream, on_delete=models.CASCADE, related_name="patterns")
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=64)
    kind = models.CharField(max_length=30)
    tool = models.CharField(max_length=200, blank=True)
    template = models.TextField(blank=True)
    scope = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=120)
    statement = models.TextField()
    signal = models.CharField(max_length=20)
    support = models.PositiveIntegerField()
    numbers = models.JSONField(default=dict)
    sentences = models.JSONField(default=list)
    status = models.CharField(max_length=24)
    status_ref = models.CharField(max_length=24, blank=True)
    why = models.TextField(blank=True)
    proposal = models.ForeignKey(
        Proposal, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dream", "position"], name="one_pattern_a_position")
        ]

    def __str__(self) -> str:
        return self.title


class DreamInput(models.Model):
    """A session revision a dream read: from these the input can be rebuilt."""

    dream = models.ForeignKey(Dream, on_delete=models.CASCADE, related_name="inputs")
    revision = models.ForeignKey(SessionRevision, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dream", "revision"], name="one_input_a_revision")
        ]

    def __str__(self) -> str:
        return f"{self.dream} read {self.revision}"


class JournalLine(models.Model):
    """What an engine keeps from one attempt at a dream to the next; see engines.base.Journal."""

    dream = models.ForeignKey(Dream, on_delete=models.CASCADE, related_name="journal")
    key = models.CharField(max_length=200)
    value = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dream", "key"], name="one_line_a_key")]

    def __str__(self) -> str:
        return f"{self.dream} {self.key}"


class Tick(models.Model):
    """When a periodic task last ran, for those who ask whether the installation works."""

    name = models.CharField(max_length=20, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
