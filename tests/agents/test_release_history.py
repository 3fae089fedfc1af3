"""Verbs: what any history of writes, retirements, releases and roll backs comes to.

The store is compared with a dict: what stands at the head of every path, what each release served.
"""

import hashlib

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents import memory, releases
from agents.models import Channel, MemoryVersion, Release
from agents.numbers import take_number
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry
from tests import build

PATHS = ("/a", "/a/b", "/a-b", "/é", "/z/y/x.md")
TEXTS = ("one", "two", "né 日本 🙂", "line\nline\n", "x" * 500)

writes = st.tuples(st.just("write"), st.sampled_from(PATHS), st.sampled_from(TEXTS))
retirements = st.tuples(st.just("retire"), st.sampled_from(PATHS), st.just(""))
publications = st.tuples(st.just("publish"), st.just(""), st.just(""))
roll_backs = st.tuples(st.just("go back"), st.integers(0, 6), st.just(""))
histories = st.lists(writes | retirements | publications | roll_backs, min_size=1, max_size=14)


class Ledger:
    """A store and beside it the dict it should equal; `served` has what each release was."""

    def __init__(self, store):
        self.store = store
        self.heads: dict[str, str] = {}
        self.served = [(releases.live_release(store), {})]

    def write(self, path, text):
        head = memory.find_head(self.store, path)
        number = take_number(self.store.workspace, "M")
        with transaction.atomic():
            memory.write_memory(
                self.store,
                path,
                text,
                base_version=head.number if head else None,
                actor=SYSTEM,
                number=number,
            )
        self.heads[path] = text

    def retire(self, path):
        if path not in self.heads:
            return
        head = memory.find_head(self.store, path)
        with transaction.atomic():
            memory.retire_memory(self.store, path, base_version=head.number, actor=SYSTEM)
        del self.heads[path]

    def publish(self):
        release = releases.publish(self.store)
        if release is not None:
            self.served.append((release, dict(self.heads)))

    def go_back(self, place):
        release, texts = self.served[place % len(self.served)]
        number = take_number(self.store.workspace, "R")
        with transaction.atomic():
            back = releases.go_back(
                self.store, release, actor=SYSTEM, reason="It was better.", number=number
            )
        self.heads = dict(texts)
        if back.release.pk != self.served[-1][0].pk:
            self.served.append((back.release, dict(texts)))

    def play(self, history):
        acts = {"write": self.write, "retire": self.retire}
        for act, first, second in history:
            if act == "publish":
                self.publish()
            elif act == "go back":
                self.go_back(first)
            elif act == "retire":
                self.retire(first)
            else:
                acts[act](first, second)


def texts_of(release):
    """What a release serves, by path, from rows."""
    lines = releases.contents(release)
    found = MemoryVersion.objects.in_bulk([line.version_id for line in lines])
    return {line.path: found[line.version_id].content for line in lines}


def sha256_of(texts):
    """What `sha256sum` prints for these files, hashed: the rule as docs/ give it, not our code."""
    listed = sorted((path.encode(), text) for path, text in texts.items())
    lines = [
        hashlib.sha256(text.encode()).hexdigest().encode() + b"  " + path + b"\n"
        for path, text in listed
    ]
    return hashlib.sha256(b"".join(lines)).hexdigest()


@pytest.fixture
def new_ledger(db):
    """Make a store of its own for each example; the rows of the others stay beside it."""
    releases.forget_contents()
    workspace = build.workspace()
    made = iter(range(10_000))

    def make():
        return Ledger(build.agent(workspace, f"agent-{next(made)}").store)

    return make


SAMPLED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=25,
)


@SAMPLED
@given(history=histories)
def test_every_release_serves_for_ever_what_it_served_first(new_ledger, history):
    ledger = new_ledger()
    ledger.play(history)
    for _ in ("as this process kept it", "read afresh"):
        for release, texts in ledger.served:
            again = Release.objects.get(pk=release.pk)
            assert texts_of(again) == texts
            assert again.sha256 == sha256_of(texts)
            assert again.memory_count == len(texts)
            assert again.size_bytes == sum(len(text.encode()) for text in texts.values())
        releases.forget_contents()


@SAMPLED
@given(history=histories)
def test_the_heads_are_what_was_written_last_and_not_retired(new_ledger, history):
    ledger = new_ledger()
    ledger.play(history)
    heads = {head.memory.path: head.content for head in memory.heads_of(ledger.store)}
    assert heads == ledger.heads
    for path in PATHS:
        found = memory.find_head(ledger.store, path)
        assert (found.content if found else None) == ledger.heads.get(path)


@SAMPLED
@given(history=histories)
def test_live_is_the_newest_release_and_the_numbers_of_versions_have_no_gap(new_ledger, history):
    ledger = new_ledger()
    ledger.play(history)
    own = Release.objects.filter(store=ledger.store).order_by("sequence")
    assert [release.sequence for release in own] == list(range(len(own)))
    assert [release.parent_id for release in own][1:] == [release.pk for release in own][:-1]
    assert Channel.objects.get(store=ledger.store, name="live").release == own.last()
    numbers: dict[int, list[int]] = {}
    versions = MemoryVersion.objects.filter(memory__store=ledger.store).order_by("number")
    for memory_id, number in versions.values_list("memory_id", "number"):
        numbers.setdefault(memory_id, []).append(number)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


@SAMPLED
@given(history=histories)
def test_a_store_is_marked_exactly_while_something_waits(new_ledger, history):
    ledger = new_ledger()
    ledger.play(history)
    ledger.publish()
    ledger.store.refresh_from_db()
    assert ledger.store.unpublished_since is None
    assert releases.publish(ledger.store) is None
    assert texts_of(releases.live_release(ledger.store)) == ledger.heads


@SAMPLED
@given(history=histories)
def test_the_differences_of_two_releases_turn_the_one_into_the_other(new_ledger, history):
    ledger = new_ledger()
    ledger.play(history)
    for (before, old), (after, new) in zip(ledger.served, ledger.served[1:], strict=False):
        found = releases.differences(before, after)
        expected = sorted(
            path for path in old.keys() | new.keys() if old.get(path) != new.get(path)
        )
        assert [difference.path for difference in found] == expected
        backwards = releases.differences(after, before)
        assert [(d.path, d.after, d.before) for d in backwards] == [
            (d.path, d.before, d.after) for d in found
        ]


@SAMPLED
@given(history=histories)
def test_every_version_and_every_release_has_its_entry(new_ledger, history):
    ledger = new_ledger()
    before = Entry.objects.count()
    ledger.play(history)
    written = MemoryVersion.objects.filter(memory__store=ledger.store).count()
    made = Release.objects.filter(store=ledger.store, sequence__gt=0)
    backs = made.exclude(goes_back_to=None).count()
    assert Entry.objects.count() - before == written + made.count() + backs


def test_two_hundred_rounds_are_read_back_one_by_one(new_ledger):
    ledger = new_ledger()
    for number in range(200):
        ledger.write(f"/m/{number % 17}.md", f"Text {number}.")
        if number % 5 == 4:
            ledger.retire(f"/m/{number % 11}.md")
        ledger.publish()
    releases.forget_contents()
    for release, texts in reversed(ledger.served):
        assert texts_of(Release.objects.get(pk=release.pk)) == texts


def test_going_back_and_forth_ends_in_the_same_sha256(new_ledger):
    ledger = new_ledger()
    for path, text in (("/a", "one"), ("/b", "two"), ("/a", "three")):
        ledger.write(path, text)
        ledger.publish()
    first, last = ledger.served[1], ledger.served[3]
    for _ in range(4):
        ledger.go_back(ledger.served.index(first))
        assert releases.live_release(ledger.store).sha256 == first[0].sha256
        ledger.go_back(ledger.served.index(last))
        assert releases.live_release(ledger.store).sha256 == last[0].sha256
    assert len(ledger.served) == 12
