"""Form fields: the markup written here is what Django's templates would have made, to the byte."""

import pytest
from django import forms
from django.forms import renderers
from django.template import engines
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from agents.web.fields import WRITERS, Renderer

FIELD = (
    '<div class="field{% if field.errors %} wrong{% endif %}">{% if field.use_fieldset %}'
    "<fieldset{% if field.aria_describedby %}"
    ' aria-describedby="{{ field.aria_describedby }}"{% endif %}>'
    "<legend>{{ field.label }}</legend>{{ field }}{% if field.help_text %}"
    '<div class="help" id="{{ field.auto_id }}_helptext">{{ field.help_text }}</div>{% endif %}'
    '{{ field.errors }}</fieldset>{% elif field.widget_type == "checkbox" %}'
    '<label class="check">{{ field }}<span>{{ field.label }}{% if field.help_text %}'
    '<small id="{{ field.auto_id }}_helptext">{{ field.help_text }}</small>{% endif %}'
    "</span></label>{{ field.errors }}{% else %}"
    '<label for="{{ field.id_for_label }}">{{ field.label }}</label>{{ field }}'
    '{% if field.help_text %}<div class="help" id="{{ field.auto_id }}_helptext">'
    "{{ field.help_text }}</div>{% endif %}{{ field.errors }}{% endif %}</div>"
)
NASTY = "<b>&\"'\u202e{{ x }} 5 %"
CAUSES = (("wrong", "It is <wrong>"), ("old & late", gettext_lazy("Too old")))


class Templates(renderers.TemplatesSetting):
    """Everything from templates, as Django does; ours for a field."""

    def get_template(self, template_name):
        if template_name == "django/forms/field.html":
            return engines["django"].from_string(FIELD)
        return super().get_template(template_name)


class Everything(forms.Form):
    words = forms.CharField(label="Words & <more>", help_text="See <here>", max_length=9)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "text", "dir": "auto"}),
    )
    cause = forms.ChoiceField(
        label="Why",
        choices=CAUSES,
        help_text="One of them",
        widget=forms.RadioSelect(attrs={"autofocus": True, "class": "c", "data-no": False}),
    )
    agents = forms.MultipleChoiceField(
        choices=CAUSES, required=False, widget=forms.CheckboxSelectMultiple
    )
    grouped = forms.ChoiceField(
        choices=(("Some", CAUSES), ("none", "None")), required=False, widget=forms.RadioSelect
    )
    one = forms.ChoiceField(choices=CAUSES, required=False)
    until = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date", "data-key-label": gettext_lazy("Set <it>")})
    )
    count = forms.IntegerField(min_value=0, max_value=1_000_000, required=False)
    share = forms.FloatField(required=False)
    shared = forms.BooleanField(label="Share <it>", required=False, help_text="With all")
    sure = forms.BooleanField(label="Sure")
    mail = forms.EmailField(required=False, show_hidden_initial=True)
    secret = forms.CharField(widget=forms.PasswordInput, required=False)
    address = forms.URLField(required=False, assume_scheme="https")
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def shown(form: forms.Form) -> dict[str, str]:
    """Return what a page shows of each field, as a widget alone and with all about it."""
    alone = {name: str(form[name]) for name in form.fields}
    return alone | {f"{name} with label": form[name].as_field_group() for name in form.fields}


def same(**options: object) -> dict[str, str]:
    ours = Everything(renderer=Renderer(), **options)
    djangos = Everything(renderer=Templates(), **options)
    assert shown(ours) == shown(djangos)
    assert str(ours) == str(djangos)
    return shown(ours)


def test_an_empty_form_is_written_as_django_writes_it():
    written = same()
    assert written["note"].startswith('<textarea name="note" cols="40" rows="3" class="text"')
    assert 'aria-describedby="id_words_helptext"' in written["words with label"]


def test_what_was_sent_and_what_is_wrong_with_it_is_written_as_django_writes_it():
    sent = dict.fromkeys(Everything.base_fields, NASTY)
    written = same(data=sent)
    assert '<div class="field wrong">' in written["words with label"]
    assert "id_words_error" in written["words with label"]
    assert "<b>" not in "".join(written.values())


def test_what_was_chosen_is_marked_as_django_marks_it():
    chosen = {"cause": "old & late", "agents": ["wrong", "old & late"], "shared": "on"}
    written = same(data=chosen)
    assert written["agents"].count(" checked") == 2
    assert written["cause"].count(" checked") == 1


@pytest.mark.parametrize("auto_id", ["id_%s", "reject_%s", True, False])
def test_names_of_elements_are_those_django_gives(auto_id):
    same(auto_id=auto_id)
    same(auto_id=auto_id, prefix="a", data={"a-words": "far too long a text"})


def test_initial_values_are_those_django_shows():
    same(initial={"count": 0, "share": 0.5, "note": "0", "shared": True, "until": "2026-11-20"})
    same(initial={"words": mark_safe("<i>"), "note": mark_safe("<i>"), "token": None})


def test_errors_of_the_whole_form_are_written_by_the_template():
    ours, djangos = (
        Everything(data={}, renderer=renderer) for renderer in (Renderer(), Templates())
    )
    for form in (ours, djangos):
        form.add_error(None, "Press <one>")
    assert str(ours.non_field_errors()) == str(djangos.non_field_errors())
    assert "Press &lt;one&gt;" in str(ours.non_field_errors())


@given(
    value=st.text(max_size=20),
    name=st.text(max_size=8),
    extra=st.one_of(st.text(max_size=8), st.booleans(), st.integers(), st.none()),
)
def test_any_value_is_escaped_as_in_the_template(value, name, extra):
    attrs = {"id": name, "data-x": extra}
    for widget in (forms.TextInput, forms.HiddenInput, forms.Textarea, forms.CheckboxInput):
        made = [
            widget(attrs=attrs).render(name, value, renderer=renderer)
            for renderer in (Renderer(), Templates())
        ]
        assert made[0] == made[1]


def test_the_products_forms_are_written_here():
    assert isinstance(forms.renderers.get_default_renderer(), Renderer)
    assert isinstance(forms.Form().renderer, Renderer)
    assert "django/forms/widgets/select.html" not in WRITERS
