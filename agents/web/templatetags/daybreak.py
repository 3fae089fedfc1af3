"""Template tags of every page: ids, times, numbers, icons, hidden characters."""

import re
from datetime import UTC, date, datetime
from functools import cache

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from agents.web import amounts, times
from agents.web.characters import count_hidden, split_hidden
from agents.web.ids import spell_id

register = template.Library()
REMOVED = re.compile(r"\[secret removed: ([A-Za-z][A-Za-z0-9 _-]{0,40})\]")
"""What agents.redaction leaves where a secret stood."""
MASKED = re.compile(r"\[([A-Za-z][A-Za-z -]{0,40}) masked\]")
"""What agents.personal puts before personal data on a page."""


@register.simple_tag
@cache
def icon(name: str, size: str = "s", extra: str = "") -> SafeString:
    """Render a sprite icon: size "s" 14 px, "m" 16 px; extra: further classes such as "spin"."""
    classes = " ".join(part for part in ("icon", size if size == "s" else "", extra) if part)
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        classes,
        static("img/icons.svg"),
        name,
    )


@register.filter
def human(number: int, letter: str) -> str:
    """Spell a human id: `{{ proposal.number|human:"P" }}` is P-1042."""
    return spell_id(letter, number)


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """Render relative time with the absolute one as title: 2 h ago, in 6 h, 14 Nov."""
    if moment is None:
        return ""
    return time_element(moment, times.spell_relative(moment, timezone.now()))


@register.filter
def age(moment: datetime | None) -> SafeString | str:
    """Render how old something is, without "ago": 2 h, 41 min."""
    if moment is None:
        return ""
    return time_element(moment, times.spell_span((timezone.now() - moment).total_seconds()))


@register.filter
def utc(moment: datetime | None) -> SafeString | str:
    """Render absolute time to the second: 2026-11-20 06:11:58 UTC."""
    return "" if moment is None else time_element(moment, times.spell_utc(moment))


@register.filter
def utc_clock(moment: datetime | None) -> SafeString | str:
    """Render the time of day in UTC to the second: 06:11:58; the day stands above it."""
    if moment is None:
        return ""
    return time_element(moment, f"{moment.astimezone(UTC):%H:%M:%S}")


@register.filter
def day(moment: datetime | date | None) -> str:
    """Spell a day: 14 Nov, with the year where it is another one."""
    if moment is None:
        return ""
    on = moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment
    return times.spell_day(on, timezone.now().astimezone(UTC).date())


@register.filter
def duration(seconds: float | None) -> str:
    """Spell a measured length of time: 2 min 31 s."""
    return "" if seconds is None else times.spell_duration(seconds)


@register.filter
def number(value: float | None) -> str:
    """Spell a number with thousands parted: 18,204."""
    return "" if value is None else amounts.spell_number(value)


@register.filter
def percent(share: float | None) -> str:
    """Spell a share of 0 to 1 in whole percent: 44%."""
    return "n/a" if share is None else amounts.spell_percent(share)


@register.filter
def points(difference: float | None) -> str:
    """Spell a difference of shares in points with its sign: +8."""
    return "n/a" if difference is None else amounts.spell_points(difference)


@register.filter
def signed(value: int | None) -> str:
    """Spell a count of change with its sign: +26."""
    return "" if value is None else amounts.spell_signed(value)


@register.filter
def size(count: int | None) -> str:
    """Spell a number of bytes: 3.4 MB."""
    return "" if count is None else amounts.spell_bytes(count)


@register.filter
def qvalue(value: float | None) -> str:
    """Spell a q-value with three decimals: 0.012."""
    return "n/a" if value is None else amounts.spell_q(value)


@register.filter
def initials(name: str) -> str:
    """Return at most two initials of a name: Ana Ribeiro is AR."""
    words = [word for word in name.replace("@", " ").split() if word]
    return "".join(
        word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)
    ).upper()


@register.filter
def visible(text: object) -> SafeString:
    """Escape hostile text and box each hidden character as its code point."""
    words = str(text)
    if words.isascii() and words.isprintable():
        # Nothing can hide among these, and most texts of a page are such.
        return escape(words)
    return format_html_join(
        "",
        "{}",
        (
            (hidden_chip(part.text, part.name) if part.is_hidden else part.text,)
            for part in split_hidden(words)
        ),
    )


@register.filter
def spoken(text: str) -> SafeString:
    """Render words of a session: as `visible`, what was removed or is masked as a block."""
    pieces = REMOVED.split(text)
    return format_html_join(
        "",
        "{}",
        (
            (removed_block(piece) if place % 2 else _behind_masks(piece),)
            for place, piece in enumerate(pieces)
            if piece
        ),
    )


def _behind_masks(text: str) -> SafeString:
    pieces = MASKED.split(text)
    if len(pieces) == 1:
        return visible(text)
    blocks = (
        (masked_block(piece) if place % 2 else visible(piece),)
        for place, piece in enumerate(pieces)
    )
    return format_html_join("", "{}", blocks)


def masked_block(kind: str) -> SafeString:
    """Return the block that stands before personal data: what kind it is."""
    return format_html('<span class="gone">{}</span>', _("%s masked") % kind)


@register.filter
def hidden_count(text: str) -> int:
    """Return how many hidden characters the text has."""
    return count_hidden(text)


def hidden_chip(words: str, name: str) -> SafeString:
    """Return the box of a hidden character: its code point, its name as title."""
    return format_html('<span class="hid" title="{}">{}</span>', name, words)


def removed_block(kind: str) -> SafeString:
    """Return the block that stands where a secret stood: what kind it was."""
    return format_html('<span class="gone">{}</span>', _("%s removed") % kind)


def time_element(moment: datetime, words: str) -> SafeString:
    """Return <time> with the machine form and, as title, the absolute UTC form."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        times.machine_time(moment),
        times.spell_utc(moment),
        escape(words),
    )
