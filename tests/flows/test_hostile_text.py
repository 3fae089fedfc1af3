"""Hostile words in every column that holds words: no page takes them for markup, all are shown."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agents.models import Person
from tests import build
from tests.attacks.markup import HIDDEN, PAYLOADS, box_of, name_of
from tests.attacks.stored import (
    CODES,
    columns,
    hidden_in,
    hostile_memory,
    hostile_session,
    missing,
    poison,
    read,
)
from tests.browser.atlas import DOORS, SHEETS
from tests.cast import Cast
from tests.flows.routes.lines import here

PLACES = ("<p>{}</p>", '<p title="{}">a</p>', "<p title='{}'>a</p>", '<a href="{}">a</a>')
"""Where a text can stand on a page."""

ELSEWHERE = ("[read more]", "{{ ", "%(")
"""How texts begin that would run elsewhere than in HTML: in Markdown, templates, formats."""


@pytest.mark.parametrize("text", [text for text in PAYLOADS if not text.startswith(ELSEWHERE)])
def test_each_payload_would_be_noticed_were_it_not_escaped(text: str):
    readings = [read(f"<main>{place.format(text)}</main>") for place in PLACES]
    assert any(reading.faults for reading in readings) or missing([text], readings[0].text)


@pytest.mark.parametrize("char", HIDDEN, ids=name_of)
def test_each_hidden_character_would_be_noticed_were_it_not_boxed(char: str):
    assert bool(hidden_in(f"Pay{char}now")) == (char != "\u00a0")


def test_every_column_with_words_is_poisoned_or_holds_codes_of_ours():
    names = {column.name for _, column in columns()}
    assert CODES - names - {"group", "password", "target"} == set(), "these columns are gone"
    assert len(PAYLOADS) == 250
    assert len(HIDDEN) == 60


def kwargs_of(name: str, cast: Cast, numbers: dict[str, int]) -> dict[str, Any]:
    """Return what names the page: of a hostile thing where there is one of its kind."""
    return here(cast) | {"number": numbers[name]} if name in numbers else DOORS[name](cast)


@pytest.mark.django_db
def test_no_page_takes_a_stored_word_for_markup(cast: Cast, client_of: Callable[[Person], Client]):
    session, memory = hostile_session(cast), hostile_memory(cast)
    build.filed(
        cast.store,
        content="\n".join(PAYLOADS) + "\n",
        evidence=[build.quote(session, 0, PAYLOADS[7])],
        rationale=PAYLOADS[8],
    )
    numbers = {
        "session": session.number,
        "memory": memory.number,
        "release": cast.store.releases.latest("sequence").number,
    }
    addresses = [
        (sheet.who, reverse(sheet.name, kwargs=kwargs_of(sheet.name, cast, numbers)), sheet.name)
        for sheet in {sheet.name: sheet for sheet in SHEETS}.values()
        if sheet.who
    ]
    assert poison() > 150
    wrong, shown = [], set()
    clients = {who: client_of(getattr(cast, who)) for who, _, _ in addresses}
    for client in clients.values():
        client.raise_request_exception = False
    for who, address, name in addresses:
        answer = clients[who].get(address)
        if answer.status_code in {302, 303, 403}:
            continue
        reading = read(answer.content.decode())
        wrong += [f"{name}: {fault}" for fault in reading.faults]
        wrong += [f"{name}: {what} stands there unseen" for what in hidden_in(reading.text)]
        if answer.status_code >= 400:
            wrong.append(f"{name}: {answer.status_code}")
        if "pwn" in reading.text:
            shown.add(name)
    assert not wrong, "\n".join(wrong)
    assert shown >= {"queue", "proposal", "memory", "session", "sessions", "agent", "agents"}
    assert shown >= {"people", "tokens", "workspace", "dreams", "dream", "audit", "rules"}


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["session", "memory"])
def test_all_of_it_is_read_as_it_was_written(
    cast: Cast, client_of: Callable[[Person], Client], place: str
):
    made = {"session": hostile_session, "memory": hostile_memory}[place](cast)
    page = client_of(cast.reviewer).get(reverse(place, args=[cast.workspace.slug, made.number]))
    reading = read(page.content.decode())
    assert missing(PAYLOADS, reading.text) == []
    assert missing([f"Pay{box_of(char)}now" for char in HIDDEN], reading.text) == []
    assert reading.faults == []
