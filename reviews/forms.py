"""What is typed and pressed on review pages, before a verb judges it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from agents import clock
from agents.access import name_in_addresses, stores_of
from agents.models import ApproverGroup, MemoryStore, Person, Publishing, Workspace
from agents.people import Member, people_with
from agents.releases import find_release
from agents.rights import Right
from agents.slots import CRON_LENGTH
from agents.web.ids import parse_id
from reviews.baselines import MOST_CHANGES as MOST_DISTANT_CHANGES
from reviews.baselines import MOST_PERCENT as MOST_DISTANT_PERCENT
from reviews.baselines import Signature
from reviews.containment import CONFIRMED, REVERSED
from reviews.decisions import REASON_CODES
from reviews.draws import MOST_DRAWN
from reviews.due_times import LONGEST_DAYS, LONGEST_HOURS
from reviews.exclusions import TYPED_FROM
from reviews.lifecycle import UNDOABLE
from reviews.sampling import MOST_PERCENT
from reviews.seeding import MOST_PERCENT as MOST_TEST_ITEMS

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise

REASON_LENGTH = 2_000


class MemoryText(forms.CharField):
    """A memory's text as it was typed: nothing stripped, line ends as they are stored.

    Browsers send every line end of a text field as CR LF, whatever stood there.
    """

    def __init__(self, **options: object) -> None:
        widget = forms.Textarea(attrs={"class": "text", "rows": 10, "dir": "auto"})
        super().__init__(strip=False, widget=widget, **options)  # type: ignore[arg-type]

    def to_python(self, value: object) -> str:
        """Return the text with line feeds only."""
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")


def reason_field(label: "Words", *, required: bool, help_text: "Words" = "") -> forms.CharField:
    """Return a field for a reason in words."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=help_text,
    )


class ShownForm(forms.Form):
    """What the page had shown when the button was pressed."""

    revision = forms.IntegerField(min_value=1, max_value=1_000_000, widget=forms.HiddenInput)
    state = forms.CharField(max_length=20, widget=forms.HiddenInput)
    token = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    view = forms.CharField(max_length=10, required=False, widget=forms.HiddenInput)
    folds = forms.IntegerField(
        min_value=0, max_value=10_000, required=False, widget=forms.HiddenInput
    )
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)
    signs = forms.IntegerField(
        min_value=0, max_value=1_000_000, required=False, widget=forms.HiddenInput
    )


class ApproveForm(ShownForm):
    """An approval; with a day, if one likes, by which the memory is looked at again."""

    review_by = forms.DateField(
        label=_("Review by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "form": "approve-form", "data-key": "d"}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="approve_%s")
        words = {"min": tomorrow().isoformat(), "data-key-label": _("Set a review-by date")}
        self.fields["review_by"].widget.attrs.update(words)


class KeepForm(forms.Form):
    """Until which day a memory's text holds, as somebody found who looked at it again."""

    until = forms.DateField(
        label=_("Look at it again by"), widget=forms.DateInput(attrs={"type": "date"})
    )


class RejectForm(ShownForm):
    """Why a change is rejected; the next dream is told."""

    code = forms.ChoiceField(
        label=_("Why"),
        choices=tuple(REASON_CODES.items()),
        widget=forms.RadioSelect(attrs={"autofocus": True}),
        error_messages={"required": "Choose why the change is rejected."},
    )
    reason = reason_field(
        _("In your words"), required=False, help_text=_("Needed for another reason.")
    )


class RequestForm(ShownForm):
    """What should change in a proposal that is sent back."""

    reason = forms.CharField(
        label=_("What should change"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        help_text=_(
            "The local engine follows lines such as “at least: 20 sessions”, for this pattern. "
            "Other words are for people and for engines that read prose."
        ),
    )

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        # The dialog stands on one page with that of rejecting, which has a reason as well.
        super().__init__(data, auto_id="request_%s")


class BatchForm(forms.Form):
    """What is said of the chosen proposals of a batch; why, where they are rejected.

    count: how many are decided, typed where it is many.
    """

    verdict = forms.ChoiceField(
        choices=(("approve", _("Approve")), ("reject", _("Reject"))),
        widget=forms.HiddenInput,
        required=False,
    )
    token = forms.CharField(max_length=64, widget=forms.HiddenInput)
    count = forms.IntegerField(label=_("How many you decide"), required=False, min_value=0)
    code = forms.ChoiceField(
        label=_("Why they are rejected"),
        choices=tuple(REASON_CODES.items()),
        widget=forms.RadioSelect,
        required=False,
    )
    reason = reason_field(_("In your words"), required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, chosen: int = 0) -> None:
        super().__init__(data)
        self.chosen = chosen

    def clean_verdict(self) -> str:
        """Return the verdict of the button; a form that was sent without one says nothing."""
        verdict: str = self.cleaned_data["verdict"]
        if not verdict:
            self.add_error(None, _("Press Approve or Reject: neither was said."))
        return verdict

    def clean_count(self) -> int | None:
        """Return the number; where so many are chosen that it is typed, it has to be right."""
        count: int | None = self.cleaned_data["count"]
        if self.chosen >= TYPED_FROM and count != self.chosen:
            raise forms.ValidationError(
                _("You chose %(chosen)d. Type that number to go on."),
                params={"chosen": self.chosen},
            )
        return count


class UndoForm(forms.Form):
    """Which decision is undone: how often one had been, and the state, when the page was shown."""

    round = forms.IntegerField(min_value=0, max_value=1_000_000, widget=forms.HiddenInput)
    state = forms.ChoiceField(
        choices=[(state.value, state.value) for state in sorted(UNDOABLE)],
        widget=forms.HiddenInput,
    )


class CommentForm(forms.Form):
    """A comment on a proposal."""

    text = forms.CharField(
        label=_("Comment"),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 2, "id": "comment-text"}),
        help_text=_("@name tells somebody. A comment stays as it is."),
    )


def tomorrow() -> date:
    """Return the first day until which something can be put aside."""
    return clock.now().date() + timedelta(days=1)


class LaterForm(forms.Form):
    """Until which day a proposal is put aside, and why."""

    until = forms.DateField(
        label=_("Until"),
        initial=tomorrow,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("It comes back by itself that day, on top of its group."),
    )
    note = forms.CharField(
        label=_("A note to yourself"),
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        # The dialog stands on one page with others that have fields of these names.
        super().__init__(data, auto_id="later_%s")


class EditForm(forms.Form):
    """A reviewer's own version of a proposed text."""

    revision = forms.IntegerField(min_value=1, max_value=1_000_000, widget=forms.HiddenInput)
    token = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    text = MemoryText(required=False)
    reason = reason_field(_("What you changed and why"), required=True)


class RebaseForm(forms.Form):
    """How a conflict is settled: by picks, or by a text written by hand.

    live: the version of the path that the page showed, 0 where it had no text.
    """

    revision = forms.IntegerField(min_value=1, max_value=1_000_000, widget=forms.HiddenInput)
    live = forms.IntegerField(min_value=0, max_value=1_000_000_000, widget=forms.HiddenInput)
    token = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    text = MemoryText(required=False)
    by_hand = forms.BooleanField(required=False, widget=forms.HiddenInput)


class WithdrawForm(forms.Form):
    """Why a proposal is taken back."""

    reason = reason_field(_("Why it is withdrawn"), required=True)


class ProposeForm(forms.Form):
    """A change proposed by a person; an empty text retires the path."""

    store = forms.ChoiceField(label=_("Memory of"))
    path = forms.CharField(
        label=_("Path"),
        max_length=1_024,
        strip=True,
        help_text=_("Starts with a slash: /procedures/refunds.md"),
    )
    text = MemoryText(
        label=_("What it says"), required=False, help_text=_("Leave it empty to retire the path.")
    )
    rationale = reason_field(
        _("Why this change is needed"), required=True, help_text=_("The reviewer decides on it.")
    )

    def __init__(self, *args: object, workspace: Workspace, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        field = self.fields["store"]
        if isinstance(field, forms.ChoiceField):
            field.choices = store_choices(workspace)


def hours_field(label: Any) -> forms.IntegerField:
    """Return a field for hours of wall time."""
    return forms.IntegerField(label=label, min_value=1, max_value=LONGEST_HOURS)


class DueTimesForm(forms.Form):
    """How long deciding may take, and who hears of what is late."""

    high_hours = hours_field(_("Hours for high risk"))
    medium_hours = hours_field(_("Hours for medium risk"))
    low_hours = hours_field(_("Hours for low risk"))
    group = forms.ChoiceField(
        label=_("Who hears of what is late"),
        required=False,
        help_text=_("Where nobody of the group may decide, the leads hear of it."),
    )
    recheck_days = forms.IntegerField(
        label=_("Days until it is checked again"), min_value=1, max_value=LONGEST_DAYS
    )

    def __init__(self, *args: Any, workspace: Workspace, **options: Any) -> None:
        super().__init__(*args, **options)
        names = ApproverGroup.objects.filter(workspace=workspace).order_by("name")
        field = self.fields["group"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [
                ("", _("The leads")),
                *((name, name) for name in names.values_list("name", flat=True)),
            ]


def person_field(label: Any, **options: Any) -> forms.Field:
    """Return a field for somebody of a workspace, named in the form by pseudonym."""
    nobody = Person.objects.none()
    return forms.ModelChoiceField(nobody, label=label, to_field_name="public_id", **options)


class AbsenceForm(forms.Form):
    """When somebody is away, and who has meanwhile what is theirs."""

    person = person_field(_("Who is away"), empty_label=None)
    first = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Both days are included."),
    )
    stand_in = person_field(
        _("Stand-in"),
        required=False,
        empty_label=_("Whoever else may decide"),
        help_text=_("A stand-in gets no right they do not have."),
    )

    def __init__(self, *args: Any, member: Member, **options: Any) -> None:
        super().__init__(*args, **options)
        deciders = people_with(member.workspace, Right.DECIDE).order_by("name", "pk")
        manages = member.may(Right.ASSIGN) or member.may(Right.MANAGE_PEOPLE)
        _offer(self, "stand_in", deciders)
        _offer(self, "person", deciders if manages else deciders.filter(pk=member.person.pk))


class AssignForm(forms.Form):
    """Whose turn a lead makes it; nobody named: everybody's who may decide."""

    person = person_field(
        _("Assign to"), required=False, empty_label=_("Everybody who may decide it")
    )

    def __init__(self, *args: Any, people: Sequence[int], **options: Any) -> None:
        super().__init__(*args, **options)
        _offer(self, "person", Person.objects.filter(pk__in=people).order_by("name", "pk"))


def _offer(form: forms.Form, name: str, people: QuerySet[Person]) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ModelChoiceField):
        field.queryset = people


class AnswerForm(forms.Form):
    """The answer to a containment."""

    verdict = forms.ChoiceField(
        choices=((CONFIRMED, _("Confirm")), (REVERSED, _("Reverse"))), widget=forms.HiddenInput
    )
    reason = reason_field(_("Reason"), required=False, help_text=_("Needed to reverse."))


class RollBackForm(forms.Form):
    """Which release to serve again, and why. release: its number, or as it is spelled (R-14)."""

    release = forms.RegexField(r"^(?:[Rr]-)?[1-9][0-9]{0,17}$", widget=forms.HiddenInput)
    reason = reason_field(_("Reason"), required=True)


class PublishForm(forms.Form):
    """What is published: seen stands for exactly what the page listed."""

    seen = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)


class PublishingForm(forms.Form):
    """When a store's approved changes are published; the verb judges the times."""

    mode = forms.ChoiceField(label=_("Approved changes are published"), choices=Publishing.choices)
    cron = forms.CharField(
        label=_("On a schedule: when, as a cron line"),
        required=False,
        max_length=CRON_LENGTH,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
        help_text=_("Minute, hour, day of month, month, weekday: 0 6 * * * is 06:00 each day."),
    )
    zone = forms.CharField(
        label=_("Time zone"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"list": "zones", "spellcheck": "false"}),
        help_text=_("Such as Europe/Berlin or UTC."),
    )


class BaselineForm(forms.Form):
    """What a person signs: the release the page showed, its purpose, limits, and what they saw."""

    release = forms.RegexField(r"^R-[1-9][0-9]{0,17}$", widget=forms.HiddenInput)
    purpose = reason_field(_("What it is for"), required=True)
    limits = reason_field(
        _("What it must not do"), required=False, help_text=_("Leave it empty where there is none.")
    )
    statement = reason_field(
        _("What you looked at"),
        required=True,
        help_text=_("Such as: every text read, the last dream's dropped lines, ten sessions."),
    )

    def signature_for(self, store: MemoryStore) -> Signature:
        """Return what was typed as a signature; raises UnknownRelease."""
        given = self.cleaned_data
        number = parse_id(given["release"], expected="R").number
        return Signature(
            find_release(store, number), given["purpose"], given["limits"], given["statement"]
        )


class BaselineLimitsForm(forms.Form):
    """How far live memory may move from its baseline."""

    percent = forms.IntegerField(
        label=_("Percent of its bytes"), min_value=1, max_value=MOST_DISTANT_PERCENT
    )
    changes = forms.IntegerField(
        label=_("Paths whose text differs"), min_value=1, max_value=MOST_DISTANT_CHANGES
    )


class RestoreForm(forms.Form):
    """Which earlier version of a memory to serve again, and why."""

    version = forms.IntegerField(min_value=1, max_value=1_000_000_000, widget=forms.HiddenInput)
    reason = reason_field(_("Reason"), required=True)


def store_choices(workspace: Workspace) -> list[tuple[str, str]]:
    """Return (name in addresses, label) of each store."""
    return [
        (name_in_addresses(store), store.agent.name if store.agent else "All agents (shared)")
        for store in stores_of(workspace)
    ]


class ExportForm(forms.Form):
    """What to take out of the log: format and days, both included, in UTC."""

    form = forms.ChoiceField(
        label=_("Format"),
        choices=(("jsonl", "JSONL, as sealed"), ("csv", "CSV, for spreadsheets")),
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Both days are included, in UTC. Leave them empty for everything."),
    )


class SpanForm(forms.Form):
    """Which days an auditor asks about, both included, in UTC."""

    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(
        label=_("To and including, UTC"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        """Refuse days in a wrong order."""
        days = super().clean() or {}
        since, until = days.get("since"), days.get("until")
        if since and until and until < since:
            raise forms.ValidationError(_("The last day is before the first one."))
        return days


class DrawForm(SpanForm):
    """A sample to draw from a period's population."""

    size = forms.IntegerField(label=_("How many"), min_value=1, max_value=MOST_DRAWN)
    seed = forms.RegexField(
        r"^[A-Za-z0-9._-]+$",
        label=_("Seed"),
        max_length=64,
        help_text=_("The proposed one is from the newest signed root: nobody chose it."),
        error_messages={"invalid": _("Letters, digits, dots, underscores and hyphens only.")},
    )
    since = forms.DateField(widget=forms.HiddenInput)
    until = forms.DateField(widget=forms.HiddenInput)


class DoubleReviewForm(forms.Form):
    """How many of 100 proposals that need one approval get a second person."""

    percent = forms.IntegerField(label=_("Of 100 proposals"), min_value=0, max_value=MOST_PERCENT)


class TestItemsForm(forms.Form):
    """After how many of 100 decisions a known case is shown."""

    percent = forms.IntegerField(
        label=_("Of 100 decisions"), min_value=0, max_value=MOST_TEST_ITEMS
    )
