"""What is said once a language is what Django says each time."""

import pytest
from django.template import Context, Engine, TemplateSyntaxError, engines
from django.urls import NoReverseMatch
from django.utils import translation
from django.utils.translation import trans_real

from agents.web.templatetags import fixed

WORDS = ("Queue", "It's <here> & there", "100% of it", "Ö ”quoted”")
DJANGOS = Engine(builtins=["django.templatetags.i18n", "django.templatetags.static"])


def ours(source: str, **context: object) -> str:
    return str(engines["django"].from_string(source).render(context))


def djangos(source: str, **context: object) -> str:
    return DJANGOS.from_string(source).render(Context(context))


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch):
    catalogue = trans_real.DjangoTranslation("de")
    catalogue._catalog._catalogs[0]["Queue"] = "Schlange <b>"
    monkeypatch.setitem(trans_real._translations, "de", catalogue)


@pytest.mark.parametrize("words", WORDS)
def test_a_literal_is_printed_as_django_prints_it(words: str):
    source = f'{{% translate "{words}" %}}'
    assert ours(source) == djangos(source) == words


@pytest.mark.parametrize(
    "source",
    [
        "{% translate words %}",
        '{% translate "Queue" as said %}[{{ said }}]',
        '{% translate "May" context "a month" %}',
        '{% translate "Queue"|upper %}',
        '{% translate "Queue" noop %}',
        '{% translate words|default:"none" %}',
    ],
)
def test_what_is_no_plain_literal_is_left_to_django(source: str):
    for words in ("<i>", "100%", ""):
        assert ours(source, words=words) == djangos(source, words=words)


def test_a_variable_is_said_anew_each_time():
    template = engines["django"].from_string("{% translate words %}")
    assert [template.render({"words": one}) for one in "ab"] == ["a", "b"]


def test_each_language_has_its_words(german: None):
    template = engines["django"].from_string('{% translate "Queue" %}')
    said = []
    for language in ("en", "de", "en", "de"):
        with translation.override(language):
            said.append(template.render())
    assert said == ["Queue", "Schlange <b>"] * 2
    with translation.override(None):
        assert template.render() == "Queue"


def test_words_are_asked_for_once_a_language():
    node = engines["django"].from_string('{% translate "Queue" %}').template.nodelist[0]
    assert isinstance(node, fixed.Words)
    with translation.override("en"):
        first = node.render(Context())
        node.node = None
        assert node.render(Context()) == first


def test_a_tag_without_words_is_refused():
    with pytest.raises(TemplateSyntaxError, match="takes at least one argument"):
        ours("{% translate %}")


@pytest.mark.parametrize("path", ["css/base.css", "img/icons.svg"])
def test_the_address_of_a_file_is_djangos(path: str):
    assert ours(f"{{% static '{path}' %}}") == djangos(f"{{% static '{path}' %}}")
    assert ours("{% static path %}", path=path) == djangos("{% static path %}", path=path)


URLS = [
    "{% url 'queue' slug %}",
    "{% url 'proposal' slug number %}",
    "{% url 'proposal' slug number as here %}[{{ here }}]",
    "{% url 'nowhere' slug as here %}[{{ here }}]",
    "{% url name slug %}",
    "{% url 'queue' workspace=slug %}",
    "{% url 'queue'|lower slug %}",
    "{% autoescape off %}{% url 'proposal' slug number %}{% endautoescape %}",
]


@pytest.mark.parametrize("source", URLS)
def test_an_address_is_the_one_django_prints(source: str):
    for number in (1, 12, 4_000):
        given = {"slug": "northwind", "number": number, "name": "queue"}
        assert ours(source, **given) == djangos(source, **given)


def test_a_part_that_is_no_number_and_no_word_is_left_to_django():
    class Named:
        def __str__(self) -> str:
            return "northwind"

    assert ours("{% url 'queue' it %}", it=Named()) == djangos("{% url 'queue' it %}", it=Named())


@pytest.mark.parametrize("source", ["{% url 'nowhere' %}", "{% url 'queue' %}"])
def test_a_page_that_is_not_there_fails_as_with_django(source: str):
    with pytest.raises(NoReverseMatch):
        ours(source)


def test_a_tag_without_a_name_is_refused_as_by_django():
    with pytest.raises(TemplateSyntaxError):
        ours("{% url %}")
