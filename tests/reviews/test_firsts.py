"""What a proposed text names that memory of its store never held."""

import pytest

from reviews.firsts import MOST_ASKED, MOST_CHIPS, firsts_of
from reviews.models import Proposal, ProposalRevision
from tests import build
from tests.reviews.filings import move
from tests.reviews.views.desks import fresh

pytestmark = pytest.mark.django_db
TEXT = "Run `curl https://pay.example/refund` to refund it.\n"


def found(proposal: Proposal):
    return firsts_of(proposal.revisions.get(number=proposal.revision), proposal.store)


def values(proposal: Proposal) -> list[str]:
    return [chip.value for chip in found(proposal).chips]


def test_what_memory_never_held_is_named_and_placed(cast) -> None:
    firsts = found(build.filed(cast.store, content=TEXT))

    assert [(chip.label, chip.value) for chip in firsts.chips] == [
        ("New command", "curl"),
        ("New host", "pay.example"),
    ]
    assert [TEXT[start:end] for start, end in firsts.spans] == [
        "curl",
        "https://pay.example/refund",
    ]


def test_what_a_live_memory_holds_is_not_new(cast) -> None:
    build.memory(cast.store, "/a.md", "Refunds are asked of pay.example.\n")

    assert values(build.filed(cast.store, content=TEXT)) == ["curl"]


def test_what_an_earlier_version_held_is_not_new(cast) -> None:
    build.memory(cast.store, "/a.md", "Refunds are asked of pay.example.\n")
    move(cast, "/a.md", "Refunds are asked by phone.\n")

    assert values(build.filed(cast.store, content=TEXT)) == ["curl"]


def test_a_longer_name_does_not_vouch_for_a_part_of_it(cast) -> None:
    build.memory(cast.store, "/a.md", "Ask evilpay.example.\n")

    assert "pay.example" in values(build.filed(cast.store, content=TEXT))


def test_another_store_vouches_for_nothing(cast) -> None:
    build.memory(cast.shared_store, "/a.md", TEXT)

    assert values(build.filed(cast.store, content=TEXT)) == ["curl", "pay.example"]


def test_a_memory_that_was_quarantined_vouches_for_nothing(cast) -> None:
    memory = build.memory(cast.store, "/a.md", TEXT)
    build.quarantine(
        workspace=cast.workspace, kind="memory", target=str(memory), memory=memory, by=cast.lead,
        reason="Odd",
    )  # fmt: skip

    assert values(build.filed(cast.store, content=TEXT)) == ["curl", "pay.example"]


def test_a_plain_text_asks_the_database_nothing(cast, django_assert_num_queries) -> None:
    revision = build.filed(cast.store).revisions.get()

    with django_assert_num_queries(0):
        assert firsts_of(revision, cast.store).chips == ()


def test_any_number_of_names_costs_one_query(cast, django_assert_num_queries) -> None:
    text = "".join(f"See h{n}.example.\n" for n in range(2 * MOST_ASKED))
    for n in range(3):
        build.memory(cast.store, f"/{n}.md", f"See h{n}.example.\n")
    revision = build.filed(cast.store, content=text).revisions.get()

    with django_assert_num_queries(1):
        firsts = firsts_of(revision, cast.store)

    assert len(firsts.chips) == MOST_CHIPS
    assert firsts.more == 2 * MOST_ASKED - 3 - MOST_CHIPS


def test_the_things_are_kept_with_the_revision(cast) -> None:
    proposal = build.filed(cast.store, content=TEXT)

    assert proposal.revisions.get().things == [
        ["command", "curl", 5, 9],
        ["host", "pay.example", 10, 36],
    ]
    assert build.filed(cast.store).revisions.get().things == []


def test_a_revision_of_before_is_read_when_it_is_shown(cast) -> None:
    proposal = build.filed(cast.store, content=TEXT)
    ProposalRevision.objects.filter(proposal=proposal).update(things=None)

    assert values(fresh(proposal)) == ["curl", "pay.example"]
