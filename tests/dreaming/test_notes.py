"""What reviewers asked when sending proposals back: read by the next dream, answered by it."""

from datetime import timedelta
from typing import Any

import pytest

from agents import clock
from agents.stores import text_sha256
from dreaming import filing, notes, selection
from dreaming.dreams import admit_dream, run_dream
from dreaming.engines.base import DreamMaterial, DreamResult, Note, Report
from dreaming.leases import take_lease
from dreaming.mining import mine
from dreaming.models import Dream, DreamState
from dreaming.results import result_of
from reviews import decisions
from reviews.changes import Change, Op, PatternFacts
from reviews.models import Proposal
from tests import build
from tests.cast import Cast
from tests.dreaming import nights
from tests.dreaming.conftest import Seated
from tests.fake_engine import FakeEngine
from tests.reviews.filings import by_hand

pytestmark = pytest.mark.django_db

WORDS = "Say which orders it holds for."
PROSE = "unchanged: the local engine cannot follow a note in prose."


def send_back(cast: Cast, proposal: Proposal, words: str = WORDS, name: str = "reviewer") -> None:
    now = Proposal.objects.get(pk=proposal.pk)
    shown = decisions.Shown(now.revision, now.state)
    by = nights.member(cast, getattr(cast, name))
    decisions.request_changes(now, by=by, shown=shown, reason=words)


def went_back(cast: Cast, engine: str = "local", sessions: int = 4) -> Proposal:
    """A proposal of a first dream that a reviewer has sent back."""
    nights.sessions(cast.agent, sessions)
    (proposal,) = nights.filed_by(nights.dreamt(cast.store, engine))
    send_back(cast, proposal)
    return proposal


def answers(dream: Dream) -> list[tuple[str, str]]:
    return [(one["outcome"], one["reference"]) for one in dream.requests]


def now(proposal: Proposal) -> Proposal:
    return Proposal.objects.get(pk=proposal.pk)


class Listener(FakeEngine):
    """Keeps the notes it was given."""

    heard: tuple[Note, ...] = ()

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        self.heard = material.notes
        return super().dream(material, report)


# What the engine is given


def test_an_engine_is_given_every_note_of_the_store_oldest_first(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)
    first, second = build.filed(cast.store), build.filed(cast.store, content="Other.\n")
    elsewhere = build.filed(cast.shared_store)
    for proposal, words in ((second, "Two."), (first, "One."), (elsewhere, "Three.")):
        send_back(cast, proposal, words)
    engine = seat(Listener(()))
    nights.dreamt(cast.store)
    assert [(note.proposal, note.path, note.words) for note in engine.heard] == [
        (str(first), first.path, "One."),
        (str(second), second.path, "Two."),
    ]


def test_what_waits_and_what_was_settled_is_no_note(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)
    build.filed(cast.store)
    gone = build.filed(cast.store, content="Other.\n")
    send_back(cast, gone)
    Proposal.objects.filter(pk=gone.pk).update(state="withdrawn")
    engine = seat(Listener(()))
    assert nights.dreamt(cast.store).requests == []
    assert engine.heard == ()


def test_notes_are_chosen_once_and_later_ones_wait_for_the_next_dream(cast: Cast, seat: Seated):
    old = went_back(cast)
    other = build.filed(cast.store, content="Other.\n")

    class Slow(Listener):
        def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
            send_back(cast, other)
            return super().dream(material, report)

    engine = seat(Slow(()))
    dream = nights.dreamt(cast.store)
    assert [note.proposal for note in engine.heard] == [str(old)]
    assert [one["proposal"] for one in dream.requests] == [str(old)]


# What becomes of it


def test_an_attempt_lost_after_filing_is_answered_by_the_next_from_the_same_input(
    cast: Cast, seat: Seated
):
    seen = nights.sessions(cast.agent)
    seat(FakeEngine((nights.wish(seen),)))
    old = nights.filed_by(nights.dreamt(cast.store))[0]
    send_back(cast, old)
    engine = FakeEngine((nights.wish(seen, statement="Ask first, for shipped orders only."),))
    seat(engine)
    dream = nights.queued(cast.store)
    lease = take_lease(dream, clock.now())
    spool = selection.gather(dream, lease).spool
    lease.update(input_sha256=spool.sha256)
    filing.file_plan(lease, filing.plan(lease, mine(engine, spool, lambda done, total: None)))
    selection.drop_spool(dream)
    Dream.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert run_dream(nights.fresh(dream))
    (new,) = nights.filed_by(dream)
    assert answers(nights.fresh(dream)) == [(f"Filed anew as {new}.", str(new))]


def test_an_unchanged_pattern_is_not_filed_again_and_says_why(cast: Cast):
    old = went_back(cast)
    dream = nights.dreamt(cast.store, "local")
    assert nights.filed_by(dream) == []
    ((outcome, reference),) = answers(dream)
    assert outcome.startswith(f"Still seen (4 sessions), {PROSE}")
    assert reference == ""
    assert now(old).state == "changes_requested"
    assert now(old).state_reason == f"{dream} answers: {outcome}"


def test_a_pattern_with_other_words_is_filed_anew_and_linked(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    seat(FakeEngine((nights.wish(seen),)))
    old = nights.filed_by(nights.dreamt(cast.store))[0]
    send_back(cast, old)
    seat(FakeEngine((nights.wish(seen, statement="Ask first, for shipped orders only."),)))
    dream = nights.dreamt(cast.store)
    (new,) = nights.filed_by(dream)
    assert answers(dream) == [(f"Filed anew as {new}.", str(new))]
    assert (now(old).state, now(old).replaced_by) == ("superseded", new)
    assert [one["status"] for one in dream.proposed] == ["filed"]


def test_evidence_that_has_grown_brings_the_same_words_back(cast: Cast):
    old = went_back(cast)
    for at in range(4, 8):
        build.session(cast.agent, task_key=f"task-{at}", principal=f"person-{at}")
    dream = nights.dreamt(cast.store, "local")
    assert now(old).replaced_by in nights.filed_by(dream)


def test_a_note_in_lines_is_followed_for_its_own_pattern_only(cast: Cast):
    nights.sessions(cast.agent)
    events = (build.calls("find_order"), build.answers("Error: no such order", error=True))
    for at in range(4):
        build.session(cast.agent, events, task_key=f"find-{at}", principal=f"person-{at}")
    filed = nights.filed_by(nights.dreamt(cast.store, "local"))
    old = next(one for one in filed if "cancel_order" in one.title)
    send_back(cast, old, "at least: 6 sessions")
    Proposal.objects.exclude(pk=old.pk).update(state="withdrawn")
    dream = nights.dreamt(cast.store, "local")
    assert answers(dream) == [("Followed. Left out, as its note asks (at least: 6 sessions).", "")]
    assert nights.filed_by(dream)
    assert not any("cancel_order" in one.title for one in nights.filed_by(dream))


def test_what_a_note_asks_to_wait_for_brings_it_back(cast: Cast):
    nights.sessions(cast.agent)
    (old,) = nights.filed_by(nights.dreamt(cast.store, "local"))
    send_back(cast, old, "at least: 6 sessions")
    for at in range(4, 6):
        build.session(cast.agent, task_key=f"task-{at}", principal=f"person-{at}")
    dream = nights.dreamt(cast.store, "local")
    assert now(old).replaced_by in nights.filed_by(dream)


def test_one_more_session_is_no_new_evidence(cast: Cast):
    old = went_back(cast)
    build.session(cast.agent, task_key="task-9", principal="person-9")
    dream = nights.dreamt(cast.store, "local")
    assert nights.filed_by(dream) == []
    assert answers(dream)[0][0].startswith("Still seen (5 sessions), unchanged")
    assert now(old).state == "changes_requested"


def test_an_edited_text_is_not_thrown_back_to_what_the_dream_wrote(cast: Cast):
    nights.sessions(cast.agent)
    (old,) = nights.filed_by(nights.dreamt(cast.store, "local"))
    from_dream = old.revisions.get().content
    Proposal.objects.filter(pk=old.pk).update(revision=2, content_sha256=text_sha256("Edited.\n"))
    old.revisions.create(
        number=2, content="Edited.\n", sha256=text_sha256("Edited.\n"), author=cast.lead
    )
    send_back(cast, old)
    dream = nights.dreamt(cast.store, "local")
    assert dream.proposed[0]["change"]["content"] == from_dream
    assert nights.filed_by(dream) == []


def test_what_is_no_longer_seen_keeps_its_note(cast: Cast, seat: Seated):
    old = went_back(cast)
    seat(FakeEngine(()))
    for _ in range(2):
        dream = nights.dreamt(cast.store)
        assert answers(dream) == [("No longer seen in 4 sessions. The note stays for later.", "")]
    assert now(old).state == "changes_requested"


def test_what_is_only_listed_now_says_the_reason(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    seat(FakeEngine((nights.wish(seen),)))
    old = nights.filed_by(nights.dreamt(cast.store))[0]
    send_back(cast, old)
    seat(FakeEngine((nights.wish(seen[:2]),)))
    ((outcome, _),) = answers(nights.dreamt(cast.store))
    assert outcome == (
        "Still seen (2 sessions), and not proposed any more: Seen in 2 sessions; 3 are needed."
    )


def test_what_lost_its_quotes_says_so(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    seat(FakeEngine((nights.wish(seen),)))
    send_back(cast, nights.filed_by(nights.dreamt(cast.store))[0])
    lost = tuple(
        type(quote)(quote.session, quote.event, "never said") for quote in nights.wish(seen).quotes
    )
    seat(FakeEngine((nights.wish(seen, quotes=lost),)))
    ((outcome, _),) = answers(nights.dreamt(cast.store))
    assert outcome.endswith("could not be filed: None of its quotes was found.")


def test_what_memory_says_by_now_names_the_memory(cast: Cast):
    old = went_back(cast)
    text = old.revisions.get().content
    memory = build.memory(cast.store, old.path, text, pattern_key=old.pattern_key)
    ((outcome, reference),) = answers(nights.dreamt(cast.store, "local"))
    assert (outcome, reference) == (
        f"Still seen (4 sessions); {memory} says so already.",
        str(memory),
    )


def test_what_a_person_filed_is_the_persons_to_answer(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)
    send_back(cast, by_hand(cast, "/a.md", "A.\n"), name="lead")
    seat(FakeEngine(()))
    assert answers(nights.dreamt(cast.store)) == [
        ("Filed by hand: Rosa files it anew or withdraws it.", "")
    ]


def test_what_was_settled_while_it_dreamt_is_left_as_it_is(cast: Cast, seat: Seated):
    old = went_back(cast)

    class Meanwhile(FakeEngine):
        def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
            Proposal.objects.filter(pk=old.pk).update(state="withdrawn", state_reason="Mine.")
            return super().dream(material, report)

    seat(Meanwhile(()))
    dream = nights.dreamt(cast.store)
    assert answers(dream) == [("Settled meanwhile: it is withdrawn.", "")]
    assert now(old).state_reason == "Mine."


def test_what_is_held_is_filed_anew_when_it_is_let_through(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    memory = build.memory(cast.store, "/tools/orders.md", "Ask.\n")
    old = build.filed(cast.store, op=Op.UPDATE, path=memory.path, content="Ask!\n", base_version=1)
    send_back(cast, old)
    seat(FakeEngine(nights.retires([memory.path], seen)))
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.HELD
    assert "held with this dream until two people let it through" in answers(dream)[0][0]
    for person in (cast.lead, cast.reviewer):
        dream = admit_dream(dream, by=nights.member(cast, person))
    new = now(old).replaced_by
    assert answers(nights.fresh(dream)) == [(f"Filed anew as {new}.", str(new))]
    assert (now(old).state, new.op) == ("superseded", "retire")


def test_another_engine_is_named_when_it_proposes_the_same(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    seat(FakeEngine((nights.wish(seen),)))
    send_back(cast, nights.filed_by(nights.dreamt(cast.store))[0])
    ((outcome, _),) = answers(nights.dreamt(cast.store))
    assert "unchanged: engine test proposes the same words again" in outcome


def test_the_result_of_the_command_says_it_too(cast: Cast):
    old = went_back(cast)
    result = result_of(nights.dreamt(cast.store, "local"), seconds=0)
    (one,) = result["requests"]
    assert (one["proposal"], one["words"]) == (str(old), WORDS)
    assert PROSE in one["outcome"]


# Values


def change(content: str = "A.\n", **fields: Any) -> Change:
    facts = PatternFacts("mistake", fields.pop("key", "k"), "A.", "outcome", {"sessions": 6})
    values = {"op": Op.CREATE, "path": "/a.md", "base_version": None, "title": "A"} | fields
    return Change(content=content, rationale="", pattern=facts, **values)


@pytest.mark.parametrize(
    ("support", "content", "is_answered"),
    [(3, "A.\n", True), (4, "A.\n", False), (6, "A.\n", False), (6, "B.\n", True)],
)
def test_other_words_or_twice_the_sessions_are_an_answer(
    cast: Cast, support: int, content: str, is_answered: bool
):
    row = build.proposal(cast.store, content="A.\n", path="/a.md", support=support)
    request = notes.Request(row, WORDS, frozenset({text_sha256("A.\n")}))
    assert request.at_least == 0
    assert request.is_answered_by(change(content)) == is_answered


@pytest.mark.parametrize(
    ("given", "is_about"),
    [
        ({}, True),
        ({"path": "/b.md"}, True),
        ({"key": "other"}, True),
        ({"path": "/b.md", "key": "other"}, False),
    ],
)
def test_a_change_is_about_the_same_path_or_pattern(
    cast: Cast, given: dict[str, str], is_about: bool
):
    row = build.proposal(cast.store, path="/a.md", pattern_key="k")
    assert notes.Request(row, WORDS, frozenset()).is_about(change(**given)) == is_about


def test_another_operation_is_an_answer(cast: Cast):
    row = build.proposal(cast.store, path="/a.md", support=6)
    request = notes.Request(row, WORDS, frozenset({text_sha256("")}))
    assert request.is_answered_by(change("", op=Op.RETIRE))
