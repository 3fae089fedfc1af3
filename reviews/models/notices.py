"""What people are told, how they want to hear of it, and the mails that say so."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models import Person, Workspace, new_public_id
from reviews.models.proposals import Proposal


class NoticeChoices(models.Model):
    """How a person hears of things in a workspace; what is not chosen is as by default.

    choices: kind -> immediate, digest or off. digest_hour: 0 to 23 on the clocks of `zone`.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    choices = models.JSONField(default=dict)
    digest_hour = models.PositiveSmallIntegerField(default=8)
    zone = models.CharField(max_length=64, default="UTC")

    class Meta:
        verbose_name_plural = "notice choices"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "person"], name="one_choice_a_person")
        ]

    def __str__(self) -> str:
        return f"choices of {self.person}"


class Mail(models.Model):
    """One mail to one person. state: waiting, sent, failed or dropped (nothing is asked any more).

    A worker that sends takes a lease first; `attempts` counts leases. What is said is put together
    from the notices when it is sent.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="mails")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=120, unique=True)
    is_digest = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default="waiting")
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state="waiting"), name="mails_to_send")
        ]

    def __str__(self) -> str:
        return f"mail {self.key}"


class Notice(models.Model):
    """One person is told one thing, once: (person, key) is unique.

    object: the id people quote. path: where it leads, below the workspace. how: by which way it
    was to reach the person when it was written. settled_at: what it asked for was done, by them or
    somebody else.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="notices")
    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=120)
    object = models.CharField(max_length=40)
    path = models.CharField(max_length=200)
    proposal = models.ForeignKey(
        Proposal, null=True, blank=True, on_delete=models.CASCADE, related_name="notices"
    )
    how = models.CharField(max_length=10)
    mail = models.ForeignKey(
        Mail, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices"
    )
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="told_once_a_person")]
        indexes = [
            models.Index(fields=["person", "workspace", "-id"], name="notices_of_person"),
            models.Index(
                fields=["person", "workspace"],
                condition=Q(read_at__isnull=True, settled_at__isnull=True),
                name="notices_unread",
            ),
            models.Index(
                fields=["how", "id"], condition=Q(mail__isnull=True), name="notices_to_mail"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object}"
