"""What agents are, did and know."""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.personal import KINDS
from agents.transcripts.base import EventKind, Role, Verdict


def new_public_id() -> str:
    """Return the id by which the log knows a person; it says nothing about them."""
    return uuid.uuid4().hex


def every_kind() -> list[str]:
    """Return every kind of personal data: covered until somebody says otherwise."""
    return list(KINDS)


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, name: str, password: str | None = None) -> "Person":
        """Create a person; without a password nobody can sign in as them until they set one."""
        person = self.model(email=self.normalize_email(email).lower(), name=name)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)

    objects = PersonManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


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


class Agent(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="agents")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=120)
    owner = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="owned_agents"
    )
    purpose = models.TextField(blank=True)
    limits = models.TextField(blank=True)
    risk_tier = models.CharField(max_length=20, blank=True)
    model = models.CharField(max_length=120, blank=True)
    environment = models.CharField(max_length=120, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "slug"], name="one_agent_a_slug")
        ]

    def __str__(self) -> str:
        return self.name


class Scope(models.TextChoices):
    SESSIONS_WRITE = "sessions:write"
    MEMORY_READ = "memory:read"
    MEMORY_PROPOSE = "memory:propose"


class Token(models.Model):
    """A credential of an agent stack. The secret is shown once; its SHA-256 is kept."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="tokens")
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.CASCADE, related_name="tokens"
    )
    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    label = models.CharField(max_length=120)
    start = models.CharField(max_length=12)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    issued_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="issued_tokens")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.start}… {self.label}"


class Counter(models.Model):
    """The last human id given out for one letter of a workspace (P, D, M, S, R, X)."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    letter = models.CharField(max_length=1)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "letter"], name="one_counter_a_letter")
        ]

    def __str__(self) -> str:
        return f"{self.letter}-{self.last}"


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


class MemoryStore(models.Model):
    """What one agent remembers; with no agent, what the whole workspace shares."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="stores")
    agent = models.OneToOneField(
        Agent, null=True, blank=True, on_delete=models.CASCADE, related_name="store"
    )
    unpublished_since = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"], condition=Q(agent=None), name="one_shared_store"
            )
        ]

    def __str__(self) -> str:
        return self.agent.slug if self.agent else "shared"


class Memory(models.Model):
    """A path of a store. `head` is its newest applied version."""

    store = models.ForeignKey(MemoryStore, on_delete=models.CASCADE, related_name="memories")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memories")
    number = models.PositiveBigIntegerField()
    path = models.CharField(max_length=1024)
    head = models.OneToOneField(
        "MemoryVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    pinned = models.BooleanField(default=False)
    protected = models.BooleanField(default=False)
    review_by = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "memories"
        constraints = [
            models.UniqueConstraint(fields=["store", "path"], name="one_memory_a_path"),
            models.UniqueConstraint(fields=["workspace", "number"], name="one_memory_a_number"),
        ]

    def __str__(self) -> str:
        return f"M-{self.number}"


class MemoryVersion(models.Model):
    """One text a path had. A tombstone has no text and takes the path out of later releases.

    support and last_evidence_at rank it when memory is rendered; proposal names what it came from.
    """

    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    is_tombstone = models.BooleanField(default=False)
    title = models.CharField(max_length=120, blank=True)
    pattern_key = models.CharField(max_length=64, blank=True, db_index=True)
    support = models.PositiveIntegerField(default=0)
    last_evidence_at = models.DateTimeField(null=True, blank=True)
    taint = models.CharField(max_length=10)
    proposal = models.CharField(max_length=24, blank=True)
    restores = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["memory", "number"], name="one_version_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.memory} version {self.number}"


class Release(models.Model):
    """A numbered set of versions of one store. `sequence` counts within the store, from 0 (empty).

    sha256 is over the whole sorted list of (path, version sha256), not only what differs.
    """

    store = models.ForeignKey(MemoryStore, on_delete=models.CASCADE, related_name="releases")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="releases")
    number = models.PositiveBigIntegerField()
    sequence = models.PositiveIntegerField()
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    goes_back_to = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sha256 = models.CharField(max_length=64)
    memory_count = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "sequence"], name="one_release_a_sequence"),
            models.UniqueConstraint(fields=["workspace", "number"], name="one_release_a_number"),
        ]

    def __str__(self) -> str:
        return f"R-{self.number}"


class ReleaseItem(models.Model):
    """What a release changes against its parent; a null version takes the path out."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="items")
    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(
        MemoryVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "memory"], name="one_item_a_memory")
        ]

    def __str__(self) -> str:
        return f"{self.release}: {self.memory}"


class Channel(models.Model):
    store = models.ForeignKey(MemoryStore, on_delete=models.CASCADE, related_name="channels")
    name = models.SlugField(max_length=40, default="live")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "name"], name="one_channel_a_name")]

    def __str__(self) -> str:
        return self.name


class Rendering(models.Model):
    """What a read gives for one pair of releases, budget and quarantine state: shared by reads.

    items: [{memory, version, path, in, reason}] in the order memories were considered.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64, unique=True)
    sha256 = models.CharField(max_length=64)
    tokens = models.PositiveIntegerField()
    items = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.sha256[:12]


class MemoryRead(models.Model):
    """Which versions entered which session. A repeat of the same read writes nothing."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="reads")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="reads")
    external_session_id = models.CharField(max_length=300)
    arm = models.CharField(max_length=40, null=True, blank=True)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    shared_release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    budget_tokens = models.PositiveIntegerField()
    rendering = models.ForeignKey(Rendering, on_delete=models.PROTECT, related_name="reads")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "external_session_id", "budget_tokens", "rendering"],
                name="one_read_a_session_and_rendering",
            )
        ]
        indexes = [models.Index(fields=["agent", "external_session_id", "id"])]

    def __str__(self) -> str:
        return f"{self.agent} read {self.release} for {self.external_session_id}"


class QuarantineKind(models.TextChoices):
    SESSION = "session"
    AGENT = "agent"
    PERSON = "person"
    MEMORY = "memory"


class Quarantine(models.Model):
    """One thing that is out of service until `lifted_at`. `target` is its human or public id.

    What a person put there has no `cause`; what went with it names it: the memories that rest on
    it. `through` is the number of the memory's newest version that is out: what is approved for the
    path later is served. `names` are what a quarantined person is called in sessions, case-folded.
    Of an agent or a person, sessions that come in after `ended_at` are in service again.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="quarantines")
    cause = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts"
    )
    kind = models.CharField(max_length=10, choices=QuarantineKind)
    target = models.CharField(max_length=80)
    session = models.ForeignKey(
        Session, null=True, blank=True, on_delete=models.PROTECT, related_name="quarantines"
    )
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="quarantines"
    )
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    names = models.JSONField(default=list)
    memory = models.ForeignKey(
        Memory, null=True, blank=True, on_delete=models.PROTECT, related_name="quarantines"
    )
    through = models.PositiveIntegerField(null=True, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lift_reason = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace", "kind"],
                condition=Q(lifted_at=None),
                name="quarantines_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.target}"
