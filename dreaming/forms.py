"""What people send to the dream pages."""

from typing import Any

from django import forms

from agents.models import MemoryStore, Workspace


def store_label(store: MemoryStore) -> str:
    """Return how a person chooses a store."""
    return store.agent.name if store.agent else "Shared by all agents"


class StoreField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generic at run time
    """A store of the workspace, spelled by its agent's name."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the agent's name."""
        return store_label(obj)


class DreamForm(forms.Form):
    """Which memory dreams now."""

    store = StoreField(queryset=MemoryStore.objects.none(), label="Memory", empty_label=None)
    instructions = forms.CharField(
        label="What to look at",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Optional. Kept with the dream; the local engine does not read it.",
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        store = self.fields["store"]
        if isinstance(store, forms.ModelChoiceField):
            store.queryset = stores_of(workspace)


class ScheduleForm(forms.Form):
    """At which hour of the day, in UTC, a memory dreams."""

    hour = forms.IntegerField(label="Hour, UTC", min_value=0, max_value=23)
    enabled = forms.BooleanField(label="Dream daily", required=False)


def stores_of(workspace: Workspace) -> Any:
    """Return the stores of the workspace, the shared one first, then by agent's name."""
    stores = MemoryStore.objects.filter(workspace=workspace).select_related("agent", "workspace")
    return stores.order_by("agent__name", "pk")
