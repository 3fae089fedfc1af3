"""Quickened templates: they render what Django's render, to the byte, whatever stands in them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.template import Context, Engine, TemplateDoesNotExist, TemplateSyntaxError
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from agents.web.nodes import quicken

NASTY = "<b>&\"'\u202e{{ x }} 5 %"
OTHERS = {
    "part.html": "[{{ a }}|{{ more }}]",
    "base.html": "<{% block one %}base {{ a }}{% endblock %}>{% block two %}{% endblock %}",
    "named.html": "{% partialdef inner inline %}({{ a }}){% endpartialdef %}{% partial inner %}",
}
TEMPLATES = (
    "{{ a }} {{ a.b }} {{ a.b.c }} {{ missing }} {{ a.missing }} {{ a.0 }} {{ a.1.b }}",
    "{{ a.items }} {{ a.count }} {{ a.name }} {{ a.raises }} {{ a.danger }} {{ a.method }}",
    "{{ True }} {{ None }} {{ 3 }} {{ 4.5 }} {{ 'it' }}",
    "{{ template }} {{ autoescape }} {{ dicts }}",
    "{% autoescape off %}{{ a }}{{ a.b }}{% csrf_token %}{% icon 'x' %}{% endautoescape %}",
    "{{ a|default:b }} {{ a|default_if_none:'<i>' }}",
    "{{ a|upper|safe }} {{ a|length }} {{ a|visible }}",
    "{{ a|add:b }} {{ a|join:', ' }} {{ a|date:'Y-m-d H:i' }}",
    "{{ a|yesno:'x,y,z' }} {{ b|slice:':2' }}",
    "{{ a|force_escape }} {{ a|linebreaksbr }} {{ a|escape }} {{ a|truncatewords:2 }}",
    "{% if a %}1{% elif b %}2{% else %}3{% endif %}",
    "{% if missing %}4{% endif %}{% if not a.b %}5{% endif %}",
    "{% if a == b or a.b and not b %}1{% endif %}",
    "{% if a in b %}2{% endif %}{% if a not in b %}3{% endif %}",
    "{% if a > b %}1{% endif %}{% if a <= 3 %}2{% endif %}",
    "{% if a is None %}3{% endif %}{% if a != 'it' %}4{% endif %}",
    "{% if a|length > 1 %}1{% endif %}{% if a.raises %}2{% endif %}",
    "{% if a is not b %}3{% endif %}{% if 1 %}4{% endif %}",
    (
        "{% for one in a %}{{ forloop.counter }}{{ one }}"
        "{% if forloop.last %}.{% endif %}{% empty %}none{% endfor %}"
    ),
    "{% for one, two in b %}{{ one }}={{ two }}{% endfor %}{{ one }}",
    "{% with c=a.b d=a %}{{ c }}{{ d.b }}{% endwith %}{% firstof a b 'c' %}",
    "{% include 'part.html' %}{% include 'part.html' with more=a.b %}",
    "{% include 'part.html' with a=b only %}",
    "{% include name %}{% include 'named.html#inner' with a=b %}{% include 'named.html' %}",
    (
        "{% extends 'base.html' %}{% block one %}own {{ block.super }}"
        " {{ b }}{% endblock %}{% block two %}2{% endblock %}"
    ),
    "{% csrf_token %}{% icon 'x' %}{% icon 'x' 'm' %}{% icon b %}{% url 'queue' 'here' %}",
    "{% translate 'Queue' %} {% translate b %}",
    "{% translate 'Queue' as said %}{{ said }} 5 % {% translate '5 %' %}",
    "{% blocktranslate %}Said {{ a }} 5 % of {{ missing }}{% endblocktranslate %}",
    (
        "{% blocktranslate trimmed with x=a.b y=b|visible %}\n Said {{ x }},\n {{ y }}"
        " {{ a }}{% endblocktranslate %}"
    ),
    (
        "{% blocktranslate count n=many %}one {{ n }} {{ a }}"
        "{% plural %}{{ n }} of {{ b }}{% endblocktranslate %}"
    ),
    "{% blocktranslate asvar said %}It is {{ a }}{% endblocktranslate %}{{ said }}|{{ n }}",
)


class Pair(NamedTuple):
    b: Any
    name: str = NASTY


class Thing:
    """An object of a page: attributes, a property that fails, methods."""

    def __init__(self, b: Any) -> None:
        self.b = b
        self.name = NASTY

    @property
    def raises(self) -> str:
        return self.b.nothing_here  # type: ignore[no-any-return]

    def method(self) -> str:
        return "<called>"

    def danger(self) -> str:
        raise AssertionError("called")

    danger.alters_data = True  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return f"<thing of {self.b}>"


class Keyed(Thing):
    """An object that is asked by key and by attribute."""

    def __getitem__(self, key: str) -> str:
        if key == "b":
            return "by key"
        raise KeyError(key)


def engine(loader: str) -> Engine:
    kept = (loader, [("django.template.loaders.locmem.Loader", OTHERS)])
    return Engine(
        loaders=[("template_partials.loader.Loader", [kept])],
        builtins=settings.TEMPLATES[0]["OPTIONS"]["builtins"],
    )


OURS = "agents.web.nodes.Loader"
PLAIN = engine("django.template.loaders.cached.Loader")
QUICK = engine(OURS)
PAIRS = [(PLAIN.from_string(text), QUICK.from_string(text)) for text in TEMPLATES]
for _plain, _quick in PAIRS:
    quicken(_quick)

SIMPLE = st.one_of(
    st.text(max_size=6),
    st.sampled_from([NASTY, mark_safe("<i>safe</i>"), gettext_lazy("Queue"), ""]),
    st.integers(-5, 10_000),
    st.floats(allow_nan=False),
    st.booleans(),
    st.none(),
    st.sampled_from([Decimal("1234.50"), date(2026, 3, 1), datetime(2026, 3, 1, 12, tzinfo=UTC)]),
)


def late(value: Any) -> SimpleLazyObject:
    """Something that is made when it is asked for, and was."""
    made = SimpleLazyObject(lambda: Thing(value))
    str(made)
    return made


def held(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What may stand behind a dot: of every kind that is looked up in its own way."""
    return st.one_of(
        st.builds(lambda value: {"b": value, "items": "own"}, inner),
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.builds(Thing, inner),
        st.builds(Keyed, inner),
        st.builds(Pair, inner),
        st.builds(late, inner),
        st.builds(lambda value: Thing(value).method, inner),
    )


VALUES = st.recursive(SIMPLE, held, max_leaves=4)


def shown(template: Any, values: dict[str, Any]) -> tuple[str, str]:
    """What a template makes of the values, or how it fails."""
    try:
        return "text", template.render(Context(values, use_l10n=True))
    except Exception as error:  # noqa: BLE001 (whatever it is, it is to be the same)
        return "error", type(error).__name__


@pytest.mark.parametrize("at", range(len(TEMPLATES)), ids=lambda at: TEMPLATES[at][:40])
@given(a=VALUES, b=VALUES, many=st.integers(0, 3), language=st.sampled_from(["en", "de", "ar"]))
def test_it_renders_what_django_renders(at: int, a: Any, b: Any, many: int, language: str) -> None:
    plain, quick = PAIRS[at]
    values = {"a": a, "b": b, "many": many, "name": "part.html", "csrf_token": NASTY}
    with translation.override(language):
        assert shown(quick, dict(values)) == shown(plain, dict(values))


def test_a_language_does_not_keep_the_words_of_another() -> None:
    template = QUICK.from_string("{% translate 'January' %} {% translate 'March' %}")
    quicken(template)
    said = {}
    for language in ("en", "de", "en"):
        with translation.override(language):
            said[language] = template.render(Context())
    assert said == {"en": "January March", "de": "Januar März"}


def test_a_count_that_is_no_number_is_refused_as_by_django() -> None:
    text = "{% blocktranslate count n=a %}{{ n }}{% plural %}{{ n }}s{% endblocktranslate %}"
    template = QUICK.from_string(text)
    quicken(template)
    with pytest.raises(TemplateSyntaxError):
        template.render(Context({"a": "three"}))


def test_a_template_that_is_not_there_is_missed_as_by_django() -> None:
    template = QUICK.from_string("{% include 'nowhere.html' %}")
    quicken(template)
    with pytest.raises(TemplateDoesNotExist):
        template.render(Context())


def test_templates_that_are_loaded_are_quickened_once() -> None:
    first = QUICK.get_template("part.html")
    kept = first.nodelist
    assert QUICK.get_template("part.html").nodelist is kept
    assert type(kept) is not type(PLAIN.get_template("part.html").nodelist)


def test_where_errors_are_to_be_shown_django_renders() -> None:
    shows = Engine(
        debug=True,
        loaders=[(OURS, [("django.template.loaders.locmem.Loader", OTHERS)])],
        builtins=settings.TEMPLATES[0]["OPTIONS"]["builtins"],
    )
    plain = PLAIN.get_template("part.html")
    assert type(shows.get_template("part.html").nodelist) is type(plain.nodelist)
