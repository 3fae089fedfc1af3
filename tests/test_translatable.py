"""The lint of words: what it must find, and what it must leave alone."""

import pytest
from django.conf import settings
from django.utils.translation import override

from tests.translatable import unmarked, unwrapped


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Nothing waits</p>", ["Nothing waits"]),
        ("Nothing waits", ["Nothing waits"]),
        ('<button aria-label="Close"></button>', ["aria-label: Close"]),
        ('<input placeholder="Search here">', ["placeholder: Search here"]),
        ('<td data-l="Last used">{{ when }}</td>', ["data-l: Last used"]),
        ('<button data-busy="Saving…"></button>', ["data-busy: Saving…"]),
        ("<p>{{ n }} line{{ n|pluralize }}</p>", ["pluralize: {{ n|pluralize }}", "line"]),
        ('{% include "_empty.html" with title="No dream yet" only %}', ["title=No dream yet"]),
        ('{{ label|default:"Pages" }}', ["default: Pages"]),
        ('<p>{% translate " and more" %}</p>', ["half a sentence: ' and more'"]),
        (
            "{% blocktranslate trimmed %}, {{ n }} more{% endblocktranslate %}",
            ["half a sentence: ', {{ n }} more'"],
        ),
        (
            "{% blocktranslate %}All of it{% endblocktranslate %}",
            ["not trimmed: All of it"],
        ),
        ('<a title="{% if x %}Open{% else %}Shut{% endif %}">', ["title: OpenShut"]),
    ],
)
def test_words_nobody_could_translate_are_found(source: str, found: list[str]) -> None:
    assert unmarked(source) == found


@pytest.mark.parametrize(
    "source",
    [
        '<p>{% translate "Nothing waits" %}</p>',
        "{% blocktranslate trimmed count n=n %}A{% plural %}{{ n }} hits{% endblocktranslate %}",
        '<button aria-label="{% translate \'Close\' %}" data-key="mod+enter"></button>',
        '{% include "_empty.html" with kind="bad" title=_("No dream yet") only %}',
        '{{ label|default:_("Pages") }}{{ type|default:"submit" }}',
        "<kbd>Ctrl</kbd> <code>Authorization: Bearer</code> 48 %, P-1042: (7)",
        "<!doctype html><title>Daybreak</title>",
        "{# a note to whoever edits this #}",
    ],
)
def test_what_is_marked_or_the_same_in_every_language_is_left_alone(source: str) -> None:
    assert unmarked(source) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('messages.info(request, f"{x} is frozen.")', ["f'{x} is frozen.'"]),
        ('messages.error(request, "It is frozen.")', ["'It is frozen.'"]),
        ('forms.CharField(label="Name", help_text="Signed.")', ["'Name'", "'Signed.'"]),
        (
            "class F:\n    name = forms.CharField(max_length=3)",
            ["name takes its label from the code"],
        ),
        ('messages.info(request, _("It is {x}.").format(x=x))', []),
        ('forms.CharField(label=_("Name"))', []),
        ("class F:\n    idem = forms.CharField(widget=forms.HiddenInput)", []),
        ('messages.append(request, "kept")', []),
    ],
)
def test_words_of_forms_and_flashes_that_bypass_gettext_are_found(source, found) -> None:
    assert unwrapped(source) == found


def test_a_language_is_offered_only_with_its_whole_catalogue() -> None:
    for code, _ in settings.LANGUAGES:
        there = [path / code / "LC_MESSAGES/django.mo" for path in settings.LOCALE_PATHS]
        assert code == "en" or any(path.is_file() for path in there)


@pytest.mark.django_db
def test_the_page_says_in_which_language_it_is(client) -> None:
    answer = client.get("/accounts/login/", headers={"accept-language": "ar, de;q=0.9"})
    assert '<html lang="en"' in answer.content.decode()
    assert answer.headers["Content-Language"] == "en"


@pytest.mark.django_db
def test_a_language_that_runs_from_right_to_left_turns_the_page(client, settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    with override("en"):
        answer = client.get("/accounts/login/", headers={"accept-language": "ar"})
    assert '<html lang="ar" dir="rtl"' in answer.content.decode()
