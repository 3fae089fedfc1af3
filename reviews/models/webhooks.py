"""Where a workspace's events are sent, and what became of each sending."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models import Person, Workspace, new_public_id


class Webhook(models.Model):
    """An address an admin set. secret, previous: encrypted; the previous one signs until `until`.

    format: events (ids, kinds, addresses) or chat (a text with links).
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="webhooks")
    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    url = models.CharField(max_length=500)
    format = models.CharField(max_length=10, default="events")
    secret = models.TextField()
    previous = models.TextField(blank=True)
    until = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"webhook {self.public_id}"


class Delivery(models.Model):
    """One event for one webhook, once: (webhook, key). state: waiting, sent or failed.

    message: the webhook-id, the same for every attempt. status: the last answer's, 0 for none.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    object = models.CharField(max_length=40)
    path = models.CharField(max_length=200)
    message = models.CharField(max_length=40, unique=True)
    state = models.CharField(max_length=10, default="waiting")
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    status = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "key"], name="one_delivery_an_event")
        ]
        indexes = [
            models.Index(
                fields=["not_before"], condition=Q(state="waiting"), name="deliveries_to_make"
            )
        ]

    def __str__(self) -> str:
        return self.message
