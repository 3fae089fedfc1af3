"""The texts in which two releases differ."""

import pytest
from django.db import transaction

from agents.memory import retire_memory
from agents.releases import live_release, publish
from reviews import texts
from reviews.audit.actors import SYSTEM
from tests import build

pytestmark = pytest.mark.django_db


def test_paths_that_differ_are_told_with_their_versions_and_texts(cast) -> None:
    build.memory(cast.store, "/a.md", "Alpha.\n")
    before = live_release(cast.store)
    with transaction.atomic():
        retire_memory(cast.store, "/a.md", base_version=1, actor=SYSTEM)
    publish(cast.store)
    build.memory(cast.store, "/b.md", "Beta.\n")

    gone, new = texts.texts_between(before, live_release(cast.store))

    assert (gone.path, gone.before, gone.after) == ("/a.md", 1, None)
    assert gone.diff is not None
    assert gone.diff.removed == ("Alpha.",)
    assert (new.path, new.before, new.after) == ("/b.md", None, 1)
    assert new.diff is not None
    assert new.diff.added_words == 1


def test_the_same_release_differs_in_nothing(cast) -> None:
    build.memory(cast.store)

    assert texts.texts_between(live_release(cast.store), live_release(cast.store)) == ()


def test_only_the_first_paths_are_compared(cast, monkeypatch) -> None:
    monkeypatch.setattr(texts, "MOST_PATHS", 1)
    before = live_release(cast.store)
    build.memory(cast.store, "/a.md", "Alpha.\n")
    build.memory(cast.store, "/b.md", "Beta.\n")

    first, second = texts.texts_between(before, live_release(cast.store))

    assert first.diff is not None
    assert second.diff is None
