"""The verbs of test items: who sets how many, where the lot falls, whose they are, what is kept."""

import json

import pytest

from agents.errors import InvalidInput, NotAllowed
from agents.models import Workspace
from reviews import seeding
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.changes import Op
from reviews.errors import AlreadyAnswered
from reviews.exhibits import Staging, remembered_of_sample, texts_of_sample
from reviews.models import OriginKind, SeededItem
from reviews.origins import Origin
from reviews.samples.base import Answer, Sample
from reviews.samples.pool import POOL
from reviews.seeding import MOST_PERCENT, Hits, hits_of, set_test_items
from tests import build
from tests.clock import DAYBREAK
from tests.reviews.views.desks import member

CUT = Sample(
    key="cut/sound",
    agent="",
    op=Op.UPDATE,
    path="/notes/cut.md",
    title="Cut",
    old="Long and long.\n",
    new="Long.\n",
    rationale="",
    quotes=(),
    right=Answer.APPROVE,
    mends=False,
    because="It is.",
    version=4,
)


@pytest.fixture
def always(cast):
    """Members by name, in a workspace where the lot falls on every decision."""
    share(cast, 100)
    return lambda name: member(cast, name)


def share(cast, percent):
    """Set the share beyond what a lead can set."""
    Workspace.objects.filter(pk=cast.workspace.pk).update(test_item_percent=percent)
    cast.workspace.refresh_from_db()


def give(cast, by, **facts):
    decided = build.filed(cast.store, **facts)
    item = seeding.offer(decided, by=by)
    assert item is not None
    return decided, item


def entry_of(action):
    return json.loads(Entry.objects.get(action=action).body)


@pytest.mark.django_db
@pytest.mark.parametrize("percent", [0, 1, MOST_PERCENT])
def test_a_lead_sets_any_share_in_range_on_the_record(cast, percent) -> None:
    Workspace.objects.filter(pk=cast.workspace.pk).update(test_item_percent=5)

    set_test_items(cast.workspace, percent, by=member(cast, "lead"))

    cast.workspace.refresh_from_db()
    assert cast.workspace.test_item_percent == percent
    entry = entry_of(Action.SETTING_CHANGED)
    assert entry["before"] == {"percent": 5}
    assert entry["after"] == {"percent": percent}


@pytest.mark.django_db
@pytest.mark.parametrize("percent", [-1, MOST_PERCENT + 1, 100])
def test_a_share_out_of_range_is_refused_and_nothing_changes(cast, percent) -> None:
    with pytest.raises(InvalidInput, match=f"{percent} cannot"):
        set_test_items(cast.workspace, percent, by=member(cast, "lead"))

    cast.workspace.refresh_from_db()
    assert cast.workspace.test_item_percent == 0
    assert not Entry.objects.filter(action=Action.SETTING_CHANGED).exists()


@pytest.mark.django_db
def test_setting_what_is_set_already_writes_nothing(cast) -> None:
    set_test_items(cast.workspace, 0, by=member(cast, "lead"))

    assert not Entry.objects.filter(action=Action.SETTING_CHANGED).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["reviewer", "auditor"])
def test_who_proposes_no_rules_sets_no_share(cast, name) -> None:
    with pytest.raises(NotAllowed):
        set_test_items(cast.workspace, 2, by=member(cast, name))


@pytest.mark.django_db
def test_showing_one_is_on_the_record_as_the_systems_doing(cast, always) -> None:
    decided, item = give(cast, always("reviewer"))

    entry = entry_of(Action.TEST_ITEM_SHOWN)
    assert entry["object"] == f"test-item:{item}"
    assert entry["actor"]["kind"] == "system"
    assert entry["after"] == {
        "case": item.sample,
        "to": cast.reviewer.public_id,
        "after": str(decided),
    }
    assert item.number > decided.number
    assert (item.after, item.agent) == (decided.number, cast.agent.name)


@pytest.mark.django_db
def test_the_lot_depends_on_the_proposal_and_the_person_and_on_the_share(cast) -> None:
    rows = [build.filed(cast.store, content=f"Note {n}.\n") for n in range(24)]

    def drawn(name, percent):
        share(cast, percent)
        fell = []
        for row in rows:
            SeededItem.objects.all().delete()
            fell.append(seeding.offer(row, by=member(cast, name)) is not None)
        return fell

    half = drawn("reviewer", 50)
    assert drawn("reviewer", 50) == half, "the same lot falls the same way"
    assert 2 <= sum(half) <= 22
    assert drawn("second_reviewer", 50) != half
    assert not any(drawn("reviewer", 0))
    more = drawn("reviewer", 80)
    assert all(later for before, later in zip(half, more, strict=True) if before)


@pytest.mark.django_db
def test_two_people_have_one_open_each_and_never_each_others(cast, always) -> None:
    _, mine = give(cast, always("reviewer"))
    _, theirs = give(cast, always("second_reviewer"), content="Other.\n")

    assert seeding.find_item(always("reviewer"), mine.number) == mine
    assert seeding.find_item(always("reviewer"), theirs.number) is None
    assert seeding.find_item(always("second_reviewer"), mine.number) is None
    assert seeding.find_item(always("reviewer"), mine.number + 1_000) is None


@pytest.mark.django_db
def test_it_names_the_dream_and_the_agent_of_what_was_decided(cast, always) -> None:
    origin = Origin(OriginKind.DREAM, "D-7", "Dream D-7", "local", "1")

    _, item = give(cast, always("reviewer"), origin=origin)

    assert (item.dream, item.agent) == ("D-7", cast.agent.name)


@pytest.mark.django_db
def test_after_what_was_filed_by_hand_it_names_the_newest_dream_of_that_memory(
    cast, always
) -> None:
    for number, store in ((3, cast.store), (4, cast.store), (9, cast.shared_store)):
        origin = Origin(OriginKind.DREAM, f"D-{number}", f"Dream D-{number}", "local", "1")
        build.filed(store, content=f"Of {number}.\n", origin=origin)
    by_hand = build.proposal(cast.store, origin_kind=OriginKind.PERSON, origin_id="")

    item = seeding.offer(by_hand, by=always("reviewer"))

    assert item is not None
    assert item.dream == "D-4"


@pytest.mark.django_db
def test_of_the_shared_memory_it_names_that(cast, always) -> None:
    decided = build.filed(cast.shared_store)

    item = seeding.offer(decided, by=always("reviewer"))

    assert item is not None
    assert item.agent == "Shared memory"


@pytest.mark.django_db
def test_quotes_are_kept_as_opened_once_each_and_only_before_the_answer(cast, always) -> None:
    _, item = give(cast, always("reviewer"))

    for quote in (2, 1, 2):
        seeding.note_quote_opened(item, quote)
    item = seeding.answer_item(item, Answer.REJECT, by=always("reviewer"))
    seeding.note_quote_opened(item, 3)

    item.refresh_from_db()
    assert item.opened == [1, 2]
    assert entry_of(Action.TEST_ITEM_ANSWERED)["shown"] == {"evidence_opened": [1, 2]}


@pytest.mark.django_db
def test_a_second_answer_changes_neither_row_nor_log(cast, always) -> None:
    _, item = give(cast, always("reviewer"))
    seeding.answer_item(item, Answer.APPROVE, by=always("reviewer"))

    with pytest.raises(AlreadyAnswered):
        seeding.answer_item(item, Answer.REJECT, by=always("reviewer"))

    item.refresh_from_db()
    assert item.answer == "approve"
    assert Entry.objects.filter(action=Action.TEST_ITEM_ANSWERED).count() == 1


@pytest.mark.django_db
def test_hits_count_right_answers_of_this_workspace_and_no_edits(cast) -> None:
    sound, flawed = sorted(key for key in POOL if key.startswith("dates/"))[::-1]
    said = [
        (sound, Answer.APPROVE),
        (sound, Answer.REJECT),
        (flawed, Answer.APPROVE),
        (flawed, Answer.REJECT),
        (flawed, Answer.SEND_BACK),
        (flawed, Answer.EDIT),
        (sound, None),
    ]
    for number, (sample, answer) in enumerate(said, 1):
        SeededItem.objects.create(
            workspace=cast.workspace,
            person=cast.reviewer,
            number=9_000 + number,
            sample=sample,
            after=1,
            dream="D-1",
            answer=answer.value if answer else "",
            answered_at=DAYBREAK if answer else None,
        )

    assert hits_of(cast.workspace) == Hits(right=3, of=5)
    assert hits_of(cast.elsewhere) == Hits(0, 0)


@pytest.mark.parametrize("sample", POOL.values(), ids=lambda sample: sample.key)
def test_the_texts_of_a_case_are_nothing_and_then_its_own(sample) -> None:
    before, after = texts_of_sample(sample, Staging(7, DAYBREAK))

    assert (before.key, before.text) == ("v0", "")
    assert (after.key, after.text) == ("r1", sample.new)
    assert after.at is not None
    assert after.at < DAYBREAK


def test_the_texts_of_a_case_that_changes_a_memory_begin_with_what_stands() -> None:
    before, after = texts_of_sample(CUT, Staging(7, DAYBREAK))

    assert (before.key, before.label, before.text) == ("v4", "Memory, version 4", CUT.old)
    assert (after.key, after.text) == ("r1", CUT.new)


@pytest.mark.parametrize("is_shared", [True, False])
def test_what_would_be_read_of_a_case_rests_on_its_sessions_and_newest_quote(is_shared) -> None:
    sample = POOL["pages/sound"]

    found = remembered_of_sample(sample, Staging(7, DAYBREAK), is_shared=is_shared)

    assert found is not None
    assert sample.seen is not None
    assert (found.path, found.content, found.version) == (sample.path, sample.new, 1)
    assert found.support == sample.seen.sessions
    assert found.is_shared is is_shared
    days = min(one.days for one in sample.quotes)
    assert found.last_evidence_at is not None
    assert (DAYBREAK - found.last_evidence_at).days == days


def test_of_a_case_without_quotes_or_numbers_nothing_is_made_up() -> None:
    found = remembered_of_sample(CUT, Staging(7, DAYBREAK), is_shared=False)

    assert found is not None
    assert (found.version, found.support, found.last_evidence_at) == (5, 0, None)
