"""Form fields as markup: what a page has most of is written here, the rest by Django's templates.

A pane holds a dozen fields, and Django renders each widget as three templates inside one another,
which took a sixth of the pane's time. The markup is Django's own, to the byte.
"""

from collections.abc import Callable, Mapping
from html import escape
from types import MappingProxyType
from typing import Any, cast

from django.forms import BoundField, Form
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.safestring import SafeString

Context = Mapping[str, Any]
Widget = Mapping[str, Any]

INPUTS = ("checkbox", "date", "email", "hidden", "number", "password", "text", "url")


class Renderer(TemplatesSetting):
    """The product's forms: written here where WRITERS knows how, else rendered from templates."""

    def render(
        self, template_name: str, context: Context, request: HttpRequest | None = None
    ) -> str:
        """Return the markup of a widget, a field or a list of errors."""
        write = WRITERS.get(template_name)
        found = write(context) if write is not None else None
        if found is None:
            return super().render(template_name, cast("dict[str, Any]", context), request)
        return found


def markup_of(form: Form) -> dict[str, Any]:
    """Return the markup of a form's fields as a template asks a form for it, to be kept.

    For a form nobody has written in: field -> as_field_group -> markup; nothing is wrong with it.
    """
    fields = {field.name: {"as_field_group": field.as_field_group()} for field in form}
    return {"non_field_errors": "", **fields}


def _text(value: object) -> str:
    """Return a value as it stands in markup: escaped, unless it is markup already."""
    return value if isinstance(value, SafeString) else escape(str(value))


def _attributes(given: Mapping[str, Any]) -> str:
    """Return attributes: one that is True by its name alone, one that is False not at all."""
    return "".join(
        f" {_text(name)}" if value is True else f' {_text(name)}="{_text(value)}"'
        for name, value in given.items()
        if value is not False
    )


def _input(widget: Widget) -> str:
    value = widget["value"]
    said = "" if value is None else f' value="{_text(value)}"'
    start = f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"'
    return f"{start}{said}{_attributes(widget['attrs'])}>"


def _textarea(context: Context) -> str:
    widget: Widget = context["widget"]
    value = widget["value"]
    start = f'<textarea name="{_text(widget["name"])}"{_attributes(widget["attrs"])}>'
    return f"{start}\n{_text(value) if value else ''}</textarea>"


def _options(context: Context) -> str | None:
    """Return radio buttons or checkboxes one below the other; None where they stand in groups."""
    widget: Widget = context["widget"]
    attributes, groups = widget["attrs"], widget["optgroups"]
    if any(group for group, _, _ in groups):
        return None
    named = "".join(
        f' {name}="{_text(attributes[name])}"' for name in ("id", "class") if attributes.get(name)
    )
    lines = "".join(
        f"<div>\n    {_option(option)}</div>" for _, options, _ in groups for option in options
    )
    return f"<div{named}>{lines}\n</div>"


def _option(option: Widget) -> str:
    key = option["attrs"].get("id")
    start = f'<label for="{_text(key)}">' if key else "<label>"
    return f"{start}{_input(option)}\n {_text(option['label'])}</label>\n\n"


def _errors(context: Context) -> str | None:
    return None if context["errors"] else ""


def _field(context: Context) -> str:
    """Return a field with its label, its help and what is wrong with it."""
    field: BoundField = context["field"]
    errors = field.errors
    wrong = " wrong" if errors else ""
    if field.use_fieldset:
        inner = _fieldset(field, str(errors))
    elif field.widget_type == "checkbox":
        inner = f'<label class="check">{field}<span>{_text(field.label)}{_help(field, "small")}'
        inner = f"{inner}</span></label>{errors}"
    else:
        label = f'<label for="{_text(field.id_for_label)}">{_text(field.label)}</label>'
        inner = f"{label}{field}{_help(field, 'div')}{errors}"
    return f'<div class="field{wrong}">{inner}</div>'


def _fieldset(field: BoundField, errors: str) -> str:
    told = field.aria_describedby
    described = f' aria-describedby="{_text(told)}"' if told else ""
    start = f"<fieldset{described}><legend>{_text(field.label)}</legend>"
    return f"{start}{field}{_help(field, 'div')}{errors}</fieldset>"


def _help(field: BoundField, tag: str) -> str:
    if not field.help_text:
        return ""
    named = ' class="help"' if tag == "div" else ""
    key = f"{_text(field.auto_id)}_helptext"
    return f'<{tag}{named} id="{key}">{_text(field.help_text)}</{tag}>'


def _input_of(context: Context) -> str:
    return _input(context["widget"])


WRITERS: Mapping[str, Callable[[Context], str | None]] = MappingProxyType(
    {f"django/forms/widgets/{name}.html": _input_of for name in INPUTS}
    | {
        "django/forms/widgets/textarea.html": _textarea,
        "django/forms/widgets/radio.html": _options,
        "django/forms/widgets/checkbox_select.html": _options,
        "django/forms/errors/list/default.html": _errors,
        "django/forms/errors/list/ul.html": _errors,
        "django/forms/field.html": _field,
    }
)
"""Template -> what writes its markup, None for what the template has to render after all."""
