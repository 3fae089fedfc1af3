"""Entries in words."""

import pytest

from reviews.audit.actions import Action
from reviews.audit.actors import Actor
from reviews.audit.models import Entry
from reviews.trail import lines_of
from reviews.wording import EntryLine, short_hash, spell_action, spell_object
from tests.reviews.audit.logs import change, fill, write


@pytest.mark.parametrize("action", [*Action])
def test_every_action_has_words_that_begin_a_line(action):
    words = spell_action(action)
    assert words[0].isupper()
    assert "." not in words
    assert "_" not in words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("P-1042", "P-1042"),
        ("store:*", "Memory of the workspace"),
        ("store:refund-desk", "Memory of refund-desk"),
        ("rule:money", "Rule money"),
        ("setting:due-times", "Setting due-times"),
        ("agent:refund-desk", "Agent refund-desk"),
        ("person:3f2a", "Person"),
        ("log", "Log"),
    ],
)
def test_objects_are_named_as_people_quote_them(name, words):
    assert spell_object(name) == words


def test_a_hash_shows_both_its_ends():
    assert short_hash("9f3c" + "0" * 56 + "a71e") == "9f3c\u2026a71e"


def line_of(entry: Entry) -> EntryLine:
    (line,) = lines_of([Entry.objects.select_related("leaf").get(pk=entry.pk)])
    return line


@pytest.mark.django_db
@pytest.mark.usefixtures("own_keys")
class TestLine:
    def test_who_acted_is_their_name_as_it_was_printed(self):
        line = line_of(fill(1)[0])
        assert (line.who, line.did, line.what) == ("Ann Example", "Approved", "P-0")
        assert line.number == 1

    def test_a_rule_that_acted_is_called_a_rule(self):
        (entry,) = fill(1, actor=Actor("rule", "fold-identical"), values={})
        assert line_of(entry).who == "Rule fold-identical"

    def test_a_text_is_the_detail_before_any_fact(self):
        (entry,) = fill(1, values={"reason": "Not so."}, after={"state": "rejected"})
        assert line_of(entry).detail == "Not so."

    def test_facts_are_the_detail_where_there_is_no_text(self):
        (entry,) = fill(1, values={}, after={"state": "applied", "version": 2, "other": 7})
        assert line_of(entry).detail == "applied, version 2"

    def test_a_fact_that_is_nothing_is_not_told(self):
        (entry,) = fill(1, values={}, after={"events": 0, "state": "", "rows": 1200})
        assert line_of(entry).detail == "1,200 entries"

    def test_who_acts_on_themselves_is_named_once(self):
        (entry,) = fill(1, object="person:p7", values={})
        assert line_of(entry).what == ""

    @pytest.mark.postgresql
    def test_an_entry_without_a_place_has_no_number(self):
        assert line_of(write(1)).number is None

    def test_a_row_that_was_changed_says_only_that(self):
        (entry,) = fill(1)
        change("audit_entry", "id", entry.pk, body=entry.body.replace("approved", "rejected"))
        line = line_of(entry)
        assert line.is_changed
        assert (line.did, line.who, line.what) == ("Changed after it was sealed", "", "")


@pytest.fixture
def own_keys(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""
