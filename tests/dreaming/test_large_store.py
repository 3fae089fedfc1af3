"""A store of 2,000 memories with all that gathers in one: nothing goes without a decision."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from django.db import transaction

from agents.memory import heads_of, replace_texts
from agents.models import Memory, MemoryStore, MemoryVersion
from agents.numbers import take_numbers
from dreaming.contradictions import UNSETTLED
from dreaming.dreams import admit_dream
from dreaming.models import Dream, DreamState
from reviews.audit.actors import SYSTEM
from reviews.changes import Op
from tests import build
from tests.cast import Cast
from tests.dreaming import nights

pytestmark = pytest.mark.django_db

TOTAL = 2000
IDENTICAL, NEAR, CONTRADICTIONS, STALE = 20, 12, 10, 8


def word(number: int) -> str:
    """A word like no other."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return "".join(chr(ord("a") + int(digit, 16)) for digit in digest[:9])


def plain(number: int) -> str:
    a, b, c = word(number), word(number + 10_000), word(number + 20_000)
    return f"Ask {a} about the {b} before {c} leaves.\n"


def rule(number: int, days: int) -> str:
    return f"Refunds of {word(number)} {word(number + 30_000)} are allowed within {days} days.\n"


def old_name(number: int) -> str:
    return f"old_{word(number)}"


@dataclass(frozen=True)
class Planted:
    """Texts by path, and the paths of what should be found."""

    texts: dict[str, str]
    identical: frozenset[str]
    near: frozenset[str]
    left: frozenset[str]
    right: frozenset[str]
    stale: frozenset[str]


def plant(filler: str = "") -> Planted:
    """TOTAL memories; `filler` makes those that are stale longer."""
    texts: dict[str, str] = {}
    identical = {f"/z/identical-{n}.md": plain(n).upper() for n in range(IDENTICAL)}
    near = {f"/z/near-{n}.md": plain(1000 + n).replace("Ask", "Always ask") for n in range(NEAR)}
    left = {f"/rules/{n}-left.md": rule(n, 30) for n in range(CONTRADICTIONS)}
    right = {f"/rules/{n}-right.md": rule(n, 60) for n in range(CONTRADICTIONS)}
    stale = {
        f"/stale/{n}.md": f"Pass `{old_name(n)}` to every {word(n + 40_000)}.\n{filler}"
        for n in range(STALE)
    }
    for group in (identical, near, left, right, stale):
        texts |= group
    texts |= {f"/plain/{n:04}.md": plain(n) for n in range(TOTAL - len(texts))}
    return Planted(texts, *(frozenset(group) for group in (identical, near, left, right, stale)))


def fill(store: MemoryStore, texts: dict[str, str]) -> None:
    """Put all texts into the store at once, each with its version and entry."""
    numbers = take_numbers(store.workspace, "M", len(texts))
    rows = Memory.objects.bulk_create(
        Memory(store=store, workspace=store.workspace, number=number, path=path)
        for number, path in zip(numbers, sorted(texts), strict=True)
    )
    wanted = [
        (row, MemoryVersion(number=1, content=texts[row.path], taint="member", title=row.path))
        for row in rows
    ]
    with transaction.atomic():
        replace_texts(store, wanted, actor=SYSTEM)


def sessions(cast: Cast) -> None:
    """Four sessions in which none of the old names is known any more."""
    for at in range(4):
        events = [
            event
            for n in range(STALE)
            for event in (
                build.calls("deploy", f'{{"{old_name(n)}": "x"}}', f"c{n}"),
                build.answers(
                    f"unknown field {old_name(n)}", tool="deploy", call_id=f"c{n}", error=True
                ),
            )
        ]
        build.session(cast.agent, events, task_key=f"task-{at}", principal=f"person-{at}")


def changes_of(dream: Dream, ops: Iterable[Op] = Op) -> list[dict]:
    return [one["change"] for one in dream.proposed if one["change"]["op"] in set(ops)]


def paths_left(store: MemoryStore) -> set[str]:
    return set(heads_of(store).values_list("memory__path", flat=True))


def test_everything_planted_is_found_and_nothing_goes_without_a_decision(cast: Cast):
    planted = plant()
    fill(cast.store, planted.texts)
    sessions(cast)
    dream = nights.dreamt(cast.store, "local")
    assert dream.state == DreamState.COMPLETED
    assert paths_left(cast.store) == planted.texts.keys()

    merges = changes_of(dream, [Op.MERGE])
    folded = {path for change in merges for path in change["merged"]}
    flagged = [change for change in merges if change["content"].startswith(UNSETTLED)]
    retired = changes_of(dream, [Op.RETIRE])
    assert len(merges) == IDENTICAL + NEAR + CONTRADICTIONS
    assert planted.left >= {change["path"] for change in flagged}
    assert {path for change in flagged for path in change["merged"]} == planted.right
    assert {change["path"] for change in retired} == planted.stale
    assert folded - planted.right == planted.identical | planted.near
    assert all(change["evidence"] for change in retired)
    assert all(change["rationale"] for change in merges)
    touched = Counter(path for change in changes_of(dream) for path in paths_in(change))
    assert set(touched.values()) == {1}
    assert (dream.loss["removed"], dream.loss["memories"]) == (STALE, TOTAL)


def paths_in(change: dict) -> list[str]:
    return [change["path"], *change["merged"]]


def test_what_takes_too_much_is_held_until_a_lead_and_a_reviewer_let_it_through(cast: Cast):
    planted = plant(filler="Deploys wait for the morning. " * 400)
    fill(cast.store, planted.texts)
    sessions(cast)
    dream = nights.dreamt(cast.store, "local")
    assert (dream.state, nights.filed_by(dream)) == (DreamState.HELD, [])
    assert dream.loss["lost_percent"] > 25 > dream.loss["removed_percent"]
    dream = admit_dream(dream, by=nights.member(cast, cast.lead))
    assert nights.filed_by(dream) == []
    dream = admit_dream(dream, by=nights.member(cast, cast.reviewer))
    filed = nights.filed_by(dream)
    assert dream.state == DreamState.COMPLETED
    assert {one.path for one in filed if one.op == Op.RETIRE} == planted.stale
    assert len(filed) == len(dream.proposed)
    assert paths_left(cast.store) == planted.texts.keys()
