"""What is said once a language is what Django says each time."""

import pytest
from django.template import Context, Engine, TemplateSyntaxError, engines
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
