from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template import engines
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from agents.web.templatetags import daybreak


def render(source: str, **context: Any) -> str:
    return str(engines["django"].from_string(source).render(context))


def test_an_icon_is_hidden_from_readers_and_points_into_the_sprite() -> None:
    shown = render('{% icon "check" %}')
    assert 'aria-hidden="true"' in shown
    assert "img/icons.svg#i-check" in shown
    assert 'class="icon s"' in shown


def test_a_larger_icon_and_one_that_spins() -> None:
    assert 'class="icon"' in render('{% icon "check" "m" %}')
    assert 'class="icon s spin"' in render('{% icon "loader" "s" "spin" %}')


def test_an_icon_name_cannot_break_out_of_its_attribute() -> None:
    assert "<script>" not in render("{% icon name %}", name='"><script>')


def test_a_relative_time_carries_the_absolute_one() -> None:
    moment = timezone.now() - timedelta(hours=2)
    shown = render("{{ moment|ago }}", moment=moment)
    assert shown.startswith("<time datetime=")
    assert f'title="{moment:%Y-%m-%d %H:%M:%S} UTC"' in shown
    assert ">2 h ago</time>" in shown


def test_an_age_has_no_ago() -> None:
    assert ">41 min</time>" in render(
        "{{ moment|age }}", moment=timezone.now() - timedelta(minutes=41, seconds=5)
    )


def test_audit_time_is_absolute() -> None:
    moment = datetime(2026, 11, 20, 6, 11, 58, tzinfo=UTC)
    assert ">2026-11-20 06:11:58 UTC</time>" in render("{{ moment|utc }}", moment=moment)
    assert ">06:11:58</time>" in render("{{ moment|utc_clock }}", moment=moment)


@pytest.mark.parametrize("name", ["ago", "age", "utc", "utc_clock", "day", "duration", "number"])
def test_nothing_gives_nothing(name) -> None:
    assert render(f"{{{{ value|{name} }}}}", value=None) == ""


@pytest.mark.parametrize("name", ["percent", "points", "qvalue"])
def test_a_missing_number_is_said_to_be_missing(name) -> None:
    assert render(f"{{{{ value|{name} }}}}", value=None) == "n/a"


def test_hostile_text_is_escaped_and_its_hidden_characters_boxed() -> None:
    shown = render("{{ text|visible }}", text="<b onclick=x>\u202egpj</b>")
    assert "<b" not in shown
    assert "&lt;b onclick=x&gt;" in shown
    assert '<span class="hid" title="right-to-left override">U+202E</span>gpj' in shown


@given(st.text(max_size=80))
def test_no_text_leaves_markup_behind(text) -> None:
    shown = (
        str(daybreak.visible(text)).replace('<span class="hid" title="', "").replace("</span>", "")
    )
    assert "<" not in shown


def test_hidden_characters_are_counted() -> None:
    assert render("{{ text|hidden_count }}", text="a\u200b\u200bb\u202e") == "3"


def test_a_human_id_is_spelled() -> None:
    assert render('{{ number|human:"P" }}', number=1042) == "P-1042"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ana Ribeiro", "AR"), ("Cher", "C"), ("Ana Maria de Souza", "AS"), ("", ""), ("a@b", "AB")],
)
def test_initials_are_at_most_two(name, letters) -> None:
    assert daybreak.initials(name) == letters


def test_a_day_of_another_year_says_so() -> None:
    assert render("{{ on|day }}", on=datetime(2001, 2, 3, 23, tzinfo=UTC)) == "3 Feb 2001"


def test_numbers_points_sizes_and_durations() -> None:
    assert render("{{ 18204|number }} {{ -0.33|points }} {{ 26|signed }}") == "18,204 \u221233 +26"
    assert render(
        "{{ 3400000|size }} {{ 151|duration }} {{ 0.44|percent }} {{ 0.012|qvalue }}"
    ) == ("3.4 MB 2 min 31 s 44% 0.012")


def test_what_was_removed_from_a_session_is_a_block_with_its_kind() -> None:
    assert daybreak.spoken("a [secret removed: GitHub token] b") == (
        'a <span class="gone">GitHub token removed</span> b'
    )


@pytest.mark.parametrize("text", ["", "plain", "[secret removed: ]", "[secret removed: <b>]"])
def test_what_only_looks_like_a_removal_stays_text(text) -> None:
    assert daybreak.spoken(text) == daybreak.visible(text)


def test_words_of_a_session_are_escaped_and_boxed() -> None:
    assert daybreak.spoken("<i>\u202e") == daybreak.visible("<i>\u202e")
