"""Searches of the queue that were given a name."""

from django.db import models
from django.utils import timezone

from agents.models import Person, Workspace
from agents.models import new_public_id as new_key


class SavedView(models.Model):
    """A search with a name: its owner's alone, or everybody's in the workspace where `shared`."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="saved_views")
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="saved_views")
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    name = models.CharField(max_length=60)
    text = models.CharField(max_length=200, blank=True)
    shared = models.BooleanField(default=False)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "owner", "name"], name="one_view_a_name")
        ]
        indexes = [models.Index(fields=["workspace", "shared", "name"], name="views_shared")]

    def __str__(self) -> str:
        return self.name
