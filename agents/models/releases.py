"""Numbered sets of texts, and what is served."""

from django.db import models
from django.utils import timezone

from agents.models.memory import Memory, MemoryStore, MemoryVersion
from agents.models.people import Person
from agents.models.workspaces import Workspace


class Release(models.Model):
    """A numbered set of versions of one store. `sequence` counts within the store, from 0 (empty).

    sha256 is over the whole sorted list of (path, version sha256), not only what differs.
    published_by: null where Daybreak did, at once or at `slot` of the store's schedule.
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
    published_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    slot = models.DateTimeField(null=True, blank=True)
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
