"""Samples: drawn by a rule anybody can repeat from an export, on the record, once for all."""

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from agents.errors import NotAllowed
from reviews.audit import sealing
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.auditing.population import names_in
from reviews.auditing.selection import (
    RULE,
    draw_sample,
    proposals_of,
    proposed_seed,
    sha256_of,
)
from reviews.auditing.spans import Span
from reviews.errors import InvalidChange
from reviews.exports import Period, export_history, export_path
from reviews.models import AuditSample
from tests import build
from tests.reviews.audit.logs import NOW
from tests.reviews.auditing.scenes import ALL, approve, member, reject

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""


@pytest.fixture
def decided(cast):
    """Twelve decided proposals, and three nobody decided."""
    rows = [build.filed(cast.store) for _ in range(15)]
    for at, row in enumerate(rows[:12]):
        (approve if at % 3 else reject)(cast, row)
    return rows[:12]


def draw(cast, name="auditor", **given):
    wish = {"seed": "dawn", "size": 5} | given
    return draw_sample(cast.workspace, wish.pop("span", ALL), by=member(cast, name), **wish)


def test_a_sample_is_of_what_was_decided_and_the_same_for_the_same_seed(cast, decided):
    first, second = draw(cast), draw(cast)
    assert first.drawn == second.drawn
    assert len(first.drawn) == 5
    assert set(first.drawn) <= {row.number for row in decided}
    assert (first.number, second.number) == (1, 2)
    assert draw(cast, seed="dusk").drawn != first.drawn


def test_the_draw_is_on_the_record_with_all_it_takes_to_repeat_it(cast, decided):
    sample = draw(cast)
    entry = Entry.objects.get(action=str(Action.SAMPLE_DRAWN))
    assert entry.actor_id == cast.auditor.public_id
    assert entry.object == "audit_sample:1"
    assert json.loads(entry.body)["after"] == {
        "since": "2020-01-01",
        "until": "2099-12-31",
        "seed": "dawn",
        "rule": RULE,
        "population": 12,
        "population_sha256": sha256_of([str(row) for row in decided]),
        "drawn": 5,
        "drawn_sha256": sha256_of([f"P-{number}" for number in sample.drawn]),
    }


def test_the_recipe_in_the_documents_draws_the_same_from_an_export(cast, decided, tmp_path):
    sample = draw(cast)
    sealing.seal()
    made = export_history(
        cast.workspace, form="jsonl", period=Period(ALL.since, ALL.until), by=member(cast)
    )
    page = (ROOT / "docs/auditing.md").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    script = tmp_path / "recipe.py"
    script.write_text(recipe, encoding="utf-8")
    file = export_path(cast.workspace, made.number, "jsonl")
    ran = subprocess.run(
        [sys.executable, script, "dawn", "5", file], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == [f"P-{number}" for number in sample.drawn]


def test_of_fewer_than_asked_all_are_drawn(cast, decided):
    assert len(draw(cast, size=200).drawn) == 12


def test_drawn_proposals_stand_in_the_order_of_the_lot(cast, decided):
    sample = draw(cast)
    assert [row.number for row in proposals_of(sample)] == sample.drawn


def test_what_is_decided_later_changes_no_sample(cast, decided):
    sample = draw(cast)
    approve(cast, build.filed(cast.store))
    assert AuditSample.objects.get().drawn == sample.drawn
    assert draw(cast).population == 13


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"seed": ""}, "1 to 64 letters"),
        ({"seed": "two words"}, "1 to 64 letters"),
        ({"seed": "x" * 65}, "1 to 64 letters"),
        ({"seed": "dämmerung"}, "1 to 64 letters"),
        ({"size": 0}, "1 to 200 proposals"),
        ({"size": 201}, "1 to 200 proposals"),
        ({"span": Span(date(2020, 1, 1), date(2020, 1, 2))}, "nothing to draw from"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_leaves_nothing(cast, decided, given, words):
    with pytest.raises(InvalidChange, match=words):
        draw(cast, **given)
    assert not AuditSample.objects.exists()
    assert not Entry.objects.filter(action=str(Action.SAMPLE_DRAWN)).exists()


@pytest.mark.parametrize("name", ["reviewer", "lead", "admin"])
def test_only_who_takes_the_history_out_draws(cast, decided, name):
    with pytest.raises(NotAllowed):
        draw(cast, name)


def test_the_proposed_seed_comes_from_the_newest_signed_root(cast):
    assert proposed_seed() == ""
    sealing.seal()
    signed = sealing.checkpoint(NOW)
    assert proposed_seed() == f"{signed.size}-{bytes(signed.root).hex()[:16]}"


def test_names_stand_by_number_not_by_spelling(cast):
    rows = [approve(cast, build.filed(cast.store)) for _ in range(11)]
    assert names_in(cast.workspace, ALL) == [str(row) for row in rows]
