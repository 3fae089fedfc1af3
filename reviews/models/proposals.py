"""What is proposed, its texts, its evidence and the votes on it."""

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from agents.models import Agent, Event, Memory, MemoryStore, MemoryVersion, Person, Workspace

STATES = (
    "pending",
    "awaiting_second",
    "scheduled",
    "applied",
    "rejected",
    "changes_requested",
    "conflicted",
    "superseded",
    "withdrawn",
)
OPEN_STATES = ("pending", "awaiting_second")


class OriginKind(models.TextChoices):
    DREAM = "dream"
    PERSON = "person"
    AGENT = "agent"


class Proposal(models.Model):
    """A proposed change to one path. What the reviewer judged is kept here, frozen.

    `revision` is the number of the newest revision; origin_*, engine* and pattern_* never change.
    `content_sha256` is that of the newest revision. `proposer` is set when a person filed it,
    `started_by` when a person started the dream by hand: neither may decide. `replaced_by` is
    the proposal that was filed in the place of this one after it was sent back. `due_at` and
    `remind_at` belong to the newest revision. `decided_by` cast the vote that settled it, empty
    where a rule did; `round` counts how often that was undone. `kin` is the number of the first of
    those it belongs together with, empty for that one and for one that stands alone; `about` and
    `text_key` are what that was told by. `asked` names the groups whose member can give the next
    approval (lifecycle.spell_groups), empty for everyone who may decide.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="proposals")
    store = models.ForeignKey(MemoryStore, on_delete=models.CASCADE, related_name="proposals")
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.CASCADE, related_name="proposals"
    )
    number = models.PositiveBigIntegerField()
    op = models.CharField(max_length=10)
    path = models.CharField(max_length=1024)
    memory = models.ForeignKey(
        Memory, null=True, blank=True, on_delete=models.PROTECT, related_name="proposals"
    )
    merged = models.JSONField(default=list)
    base_version = models.PositiveIntegerField(null=True, blank=True)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=20, default="pending")
    state_before = models.CharField(max_length=20, blank=True)
    state_reason = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=1)
    round = models.PositiveIntegerField(default=0)
    content_sha256 = models.CharField(max_length=64)
    verdict = models.CharField(max_length=10, blank=True)
    apply_at = models.DateTimeField(null=True, blank=True)
    risk = models.CharField(max_length=10)
    risk_rank = models.PositiveSmallIntegerField()
    risk_reasons = models.JSONField(default=list)
    taint = models.CharField(max_length=10)
    route = models.JSONField(default=dict)
    asked = models.TextField(blank=True)
    origin_kind = models.CharField(max_length=10, choices=OriginKind)
    origin_id = models.CharField(max_length=40)
    origin_label = models.CharField(max_length=200)
    proposer = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="filed_proposals"
    )
    started_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    replaced_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaces"
    )
    engine = models.CharField(max_length=60, blank=True)
    engine_version = models.CharField(max_length=60, blank=True)
    pattern_kind = models.CharField(max_length=30, blank=True)
    pattern_key = models.CharField(max_length=64, blank=True)
    pattern_statement = models.TextField(blank=True)
    pattern_numbers = models.JSONField(default=dict)
    pattern_sentences = models.JSONField(default=list)
    signal = models.CharField(max_length=20, blank=True)
    support = models.PositiveIntegerField(default=0)
    about = models.CharField(max_length=120, blank=True)
    text_key = models.CharField(max_length=64, blank=True)
    kin = models.PositiveBigIntegerField(null=True, blank=True)
    applied_version = models.ForeignKey(
        MemoryVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    filed_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    remind_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    assignee = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    # 1 for both open states: an index over two values of `state` is in no order by risk. No
    # boolean: SQLite would not look up a bare column in an index.
    waits = models.GeneratedField(
        expression=Case(When(state__in=OPEN_STATES, then=1), default=0),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )
    # The place in the queue: that of the first of its kin, so that they stand together.
    lead = models.GeneratedField(
        expression=Coalesce(F("kin"), F("number")),
        output_field=models.PositiveBigIntegerField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="one_proposal_a_number"),
            # What is decided may be undone and open again, so it keeps its place until then.
            models.UniqueConstraint(
                fields=["store", "path", "content_sha256"],
                condition=Q(state__in=OPEN_STATES)
                | Q(state="scheduled", state_before__in=OPEN_STATES),
                name="one_open_proposal_a_text",
            ),
            models.CheckConstraint(condition=Q(state__in=STATES), name="proposal_state_is_known"),
        ]
        indexes = [
            # The queue by state: conflicted, awaiting a second; keyset over (risk_rank, lead,
            # number).
            models.Index(
                fields=["workspace", "state", "-risk_rank", "lead", "number"], name="queue"
            ),
            # What waits, by risk, then oldest; what it is filtered by stands behind, so that
            # a page and its counts are read from the index alone.
            models.Index(
                fields=[
                    "workspace",
                    "waits",
                    "-risk_rank",
                    "lead",
                    "number",
                    "agent",
                    "op",
                    "pattern_kind",
                    "filed_at",
                ],
                name="queue_waiting",
            ),
            models.Index(
                fields=[
                    "workspace",
                    "agent",
                    "waits",
                    "-risk_rank",
                    "lead",
                    "number",
                    "op",
                    "pattern_kind",
                    "filed_at",
                ],
                name="queue_waiting_agent",
            ),
            models.Index(fields=["workspace", "waits", "due_at"], name="queue_late"),
            models.Index(
                fields=["workspace", "decided_at"],
                condition=Q(decided_at__isnull=False),
                name="proposals_decided",
            ),
            models.Index(
                fields=["workspace", "origin_kind", "origin_id"], name="proposals_of_origin"
            ),
            models.Index(fields=["workspace", "-number"], name="proposals_newest"),
            # What was proposed and where it stands, counted without the rows.
            models.Index(
                fields=["workspace", "filed_at", "op", "state", "origin_kind"],
                name="proposals_filed",
            ),
            models.Index(fields=["store", "path", "state"], name="proposals_on_path"),
            models.Index(fields=["workspace", "pattern_key"], name="proposals_of_pattern"),
            models.Index(fields=["workspace", "text_key"], name="proposals_of_text"),
            models.Index(fields=["workspace", "lead", "number"], name="proposals_of_kin"),
            # The worker's own question: what is due.
            models.Index(fields=["apply_at"], condition=Q(state="scheduled"), name="proposals_due"),
        ]

    def __str__(self) -> str:
        return f"P-{self.number}"

    @property
    def is_recording(self) -> bool:
        """Say whether what filed it had recorded answers, as the demo's engines may have."""
        return self.engine_version.endswith("/recording")


class ProposalRevision(models.Model):
    """One text of a proposal. `author` is empty when the origin (a dream) wrote it.

    things: what the text names (reviews.things), read when it was written; null is not read yet.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    content = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    base_version = models.PositiveIntegerField(null=True, blank=True)
    rationale = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    things = models.JSONField(null=True, blank=True)
    token = models.CharField(max_length=64, blank=True)
    author = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "number"], name="one_text_a_revision")
        ]

    def __str__(self) -> str:
        return f"{self.proposal} revision {self.number}"


class Evidence(models.Model):
    """Verbatim words of a stored event: start and end are character offsets in its text."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="evidence")
    position = models.PositiveIntegerField()
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="evidence")
    quote = models.TextField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    relation = models.CharField(max_length=12)

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(fields=["proposal", "position"], name="one_quote_a_position")
        ]

    def __str__(self) -> str:
        return f"{self.proposal} evidence {self.position}"


class Decision(models.Model):
    """A vote on one revision, or its being sent back; append-only. `round` grows by undoing.

    verdict: approve, reject or send_back; `rule` names the rule that decided instead of a person.
    shown: what the page had shown when the vote was cast (revision sha256, evidence opened).
    token: of the form it was sent with, so that sending it again decides nothing twice.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="decisions")
    revision = models.PositiveIntegerField()
    round = models.PositiveIntegerField(default=0)
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )
    rule = models.CharField(max_length=120, blank=True)
    verdict = models.CharField(max_length=10)
    reason_code = models.CharField(max_length=30, blank=True)
    reason = models.TextField(blank=True)
    shown = models.JSONField(default=dict)
    token = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "revision", "round", "person"], name="one_vote_a_person"
            )
        ]
        # The last one of a person, for each approval of theirs.
        indexes = [models.Index(fields=["person", "id"], name="decisions_of_a_person")]

    def __str__(self) -> str:
        return f"{self.proposal}: {self.verdict}"

    @property
    def is_undone(self) -> bool:
        """Say whether it was taken back; without a query where it was loaded with its undo."""
        return hasattr(self, "undo")
