"""Memory stores that live at Claude Managed Agents and are governed here."""

from django.db import models
from django.utils import timezone

from agents.models.memory import MemoryStore
from agents.models.people import Person


class HostedStore(models.Model):
    """The store at the vendor that `store` stands for. One is governed from one place only.

    remote_id: the vendor's name of the store (memstore_…); remote_agent: of the agent whose
    sessions are read (agent_…). synced_at: when it was last read to its end; failure: why the
    last try was not, '' when it was.
    """

    store = models.OneToOneField(MemoryStore, on_delete=models.CASCADE, related_name="hosted")
    remote_id = models.CharField(max_length=100, unique=True)
    remote_agent = models.CharField(max_length=100)
    linked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField(default=timezone.now)
    synced_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.remote_id
