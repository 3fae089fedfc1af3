"""What people send to the dream pages."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agents.access import name_in_addresses, stores_of
from agents.errors import BadTimes
from agents.models import MemoryStore, QuarantineKind, Workspace
from agents.slots import CRON_LENGTH, clean_cron, clean_zone
from dreaming.engines.registry import engine_names
from reviews.forms import AnswerForm

INSTRUCTIONS_LENGTH = 2_000
REASON_LENGTH = 2_000
MOST_COUNTED = 10**9
LOCAL = "local"
GRAMMAR = (
    "Optional, one thing a line, such as “focus: update_claim, refunds”, “only: mistakes, facts”, "
    "“ignore: greetings” or “at least: 5 sessions”."
)
"""The local engine's grammar in one line; dreaming.engines.steering reads it."""


def engines_of(workspace: Workspace) -> tuple[str, ...]:
    """Return the installed engines that the workspace does not rule out, the local one first."""
    allowed = [name for name in engine_names() if name in (workspace.engines or engine_names())]
    return tuple(sorted(allowed, key=lambda name: (name != LOCAL, name)))


def store_label(store: MemoryStore) -> str:
    """Return how a person chooses a store."""
    return store.agent.name if store.agent else "Shared by all agents"


def instructions_field() -> forms.CharField:
    """Return the field that says what a dream looks at."""
    return forms.CharField(
        label=_("What to look at"),
        required=False,
        max_length=INSTRUCTIONS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=GRAMMAR,
    )


class DreamForm(forms.Form):
    """Which memory dreams now."""

    store = forms.ChoiceField(label=_("Memory"))
    engine = forms.ChoiceField(label=_("Engine"), required=False)
    instructions = instructions_field()
    asks_first = forms.BooleanField(
        label=_("Say what it may cost, and wait for me"),
        required=False,
        initial=True,
        help_text=_("Where an engine costs money. The local one costs nothing and goes ahead."),
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stores = {name_in_addresses(store): store for store in stores_of(workspace)}
        store = self.fields["store"]
        if isinstance(store, forms.ChoiceField):
            store.choices = [(name, store_label(one)) for name, one in self.stores.items()]
        engine = self.fields["engine"]
        if isinstance(engine, forms.ChoiceField):
            engine.choices = [(name, name.capitalize()) for name in engines_of(workspace)]
            engine.initial = LOCAL

    def clean_engine(self) -> str:
        """Return the engine that was named, the local one where none was."""
        return str(self.cleaned_data["engine"] or LOCAL)

    def clean_store(self) -> MemoryStore:
        """Return the store that was named."""
        return self.stores[self.cleaned_data["store"]]


class ScheduleForm(forms.Form):
    """When a memory dreams by itself, and what it asks for before."""

    cron = forms.CharField(
        label=_("When, as a cron line"),
        max_length=CRON_LENGTH,
        widget=forms.TextInput(attrs={"list": "cron-lines", "spellcheck": "false"}),
        help_text=_("Minute, hour, day of month, month, weekday: 0 2 * * * is 02:00 each day."),
    )
    zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        widget=forms.TextInput(attrs={"list": "zones", "spellcheck": "false"}),
        help_text=_(
            "Such as Europe/Berlin or UTC. A change of clocks neither skips nor doubles it."
        ),
    )
    min_sessions = forms.IntegerField(
        label=_("New sessions needed"),
        min_value=1,
        max_value=100_000,
        help_text=_("Else it is skipped."),
    )
    min_hours = forms.IntegerField(
        label=_("Hours since the last dream"),
        min_value=0,
        max_value=8_760,
        help_text=_("Else it is skipped."),
    )
    idle_minutes = forms.IntegerField(
        label=_("Minutes without a new session"),
        min_value=0,
        max_value=1_440,
        help_text=_(
            "It waits for so much quiet, until its next time at most. 0: it does not wait."
        ),
    )
    instructions = instructions_field()
    enabled = forms.BooleanField(label=_("Dream at these times"), required=False)

    def clean_cron(self) -> str:
        """Return the line with single spaces."""
        return _said(clean_cron, self.cleaned_data["cron"])

    def clean_zone(self) -> str:
        """Return the name of a zone that is known."""
        return _said(clean_zone, self.cleaned_data["zone"])


def _said(clean: Any, text: str) -> str:
    try:
        return str(clean(text))
    except BadTimes as error:
        raise forms.ValidationError(str(error)) from error


def reason_field() -> forms.CharField:
    """Return the field for a reason in words, which is always asked for."""
    return forms.CharField(
        label=_("Reason"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why: the other person decides on it.")},
    )


class TargetForm(forms.Form):
    """What a quarantine is to be about; the page it leads to shows what would go with it."""

    kind = forms.ChoiceField(
        label=_("What"),
        choices=(
            (QuarantineKind.SESSION, _("A session")),
            (QuarantineKind.MEMORY, _("A memory")),
            (QuarantineKind.AGENT, _("An agent")),
            (QuarantineKind.PERSON, _("A person")),
        ),
    )
    target = forms.CharField(
        label=_("Which"),
        max_length=300,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        help_text=_(
            "S-5521, M-311, an agent's short name, or a person's address. Who is no member is named"
            " as sessions name who they served."
        ),
    )


class QuarantineForm(forms.Form):
    """Why the target is taken out, and what the page had counted when that was pressed."""

    reason = reason_field()
    memories = forms.IntegerField(min_value=0, max_value=MOST_COUNTED, widget=forms.HiddenInput)
    flagged = forms.IntegerField(min_value=0, max_value=MOST_COUNTED, widget=forms.HiddenInput)
    sessions = forms.IntegerField(min_value=0, max_value=MOST_COUNTED, widget=forms.HiddenInput)
    proposals = forms.IntegerField(min_value=0, max_value=MOST_COUNTED, widget=forms.HiddenInput)


class QuarantineAnswerForm(AnswerForm):
    """The answer to a quarantine; its two verdicts are those of every containment."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("Needed to restore.")


class LetInForm(forms.Form):
    """What was mended since an agent or a person was quarantined."""

    reason = reason_field()


class RestorePartForm(forms.Form):
    """Which memory of a quarantine is restored, by its number, and why."""

    memory = forms.IntegerField(label=_("Memory"), min_value=1, max_value=10**18)
    reason = reason_field()


class LinkForm(forms.Form):
    """Which store and agent at the vendor a memory stands for."""

    remote_id = forms.CharField(
        label=_("Store there"),
        max_length=100,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        help_text=_("Its id, such as memstore_01Ab."),
    )
    remote_agent = forms.CharField(
        label=_("Agent there"),
        max_length=100,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        help_text=_("Its id, such as agent_01Ab: its sessions are read."),
    )


class WritesForm(forms.Form):
    """Which outside writes are answered, and why."""

    write = forms.MultipleChoiceField(label=_("Writes"))
    reason = reason_field()

    def __init__(self, *args: Any, standing: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        write = self.fields["write"]
        if isinstance(write, forms.MultipleChoiceField):
            write.choices = [(str(key), path) for key, path in standing.items()]
