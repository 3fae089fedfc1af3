"""A model that is the attacker's, over the attacker's sessions, files proposals, nothing more."""

from itertools import count

import pytest
from django.apps import apps
from django.db import connection

from agents import clock
from agents.boundaries import set_boundary
from agents.memory import heads_of
from agents.personal import KINDS
from dreaming.dreams import Wish, queue_dream, run_to_end
from dreaming.standin.server import standing_in
from reviews import decisions, rules
from reviews.audit.actors import SYSTEM
from reviews.models import Decision, Evidence, Proposal
from tests import build
from tests.attacks.corpus import make_attacks, sample
from tests.attacks.replies import KEPT, SPEAKERS
from tests.attacks.test_attacks_stored import store_attack
from tests.attacks.way import AUTOMATIC

pytestmark = pytest.mark.django_db(transaction=True)
SEED = 20_261_130
KEY = "a-key-of-the-tests"
MAY_CHANGE = {
    # What is proposed.
    "reviews.Proposal",
    "reviews.ProposalRevision",
    "reviews.Evidence",
    # What the dream tells of itself.
    "dreaming.Dream",
    "dreaming.DreamInput",
    "dreaming.JournalLine",
    "dreaming.Pattern",
    # Numbers of human ids, by when somebody decides, and who is told that something waits.
    "agents.Counter",
    "reviews.Deadline",
    "reviews.Notice",
}
ATTACKS = sample(list(make_attacks(SEED)), 23)


def is_of_the_log(label):
    return label.startswith("audit.")


def everything():
    """Every row of every table, by the model's name."""
    rows = {}
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:
            continue
        table = connection.ops.quote_name(model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1")  # noqa: S608
            rows[model._meta.label] = [tuple(map(str, row)) for row in cursor.fetchall()]
    return rows


@pytest.fixture
def vendor(settings):
    with standing_in(KEY) as here:
        settings.ENGINE_OPTIONS = {
            "claude": {"key": KEY, "base_url": here.url, "retries": "0", "concurrency": "2"}
        }
        yield here


@pytest.fixture
def house(cast):
    """Northwind with a memory that is kept and a rule that may decide by itself."""
    set_boundary(
        cast.workspace, engines=[], regions=["host:127.0.0.1"], masked=KINDS, by=cast.admin
    )
    build.memory(cast.store, KEPT, "Keep this.\n")
    rules.set_default_rules(cast.workspace, SYSTEM)
    return cast


def held_by_the_model(house, vendor, speaker):
    """Dream once over many attacks' sessions with a model of that kind; return what changed."""
    for attack in ATTACKS:
        store_attack(house, attack)
    rules.set_rule(house.workspace, AUTOMATIC, position=9, actor=SYSTEM, by=None)
    before = everything()
    turns = count()

    def speak(body):
        turn = next(turns)
        return SPEAKERS[speaker](ATTACKS[turn % len(ATTACKS)], turn, body)

    vendor.messages.speaker = speak
    dream = run_to_end(queue_dream(house.store, Wish(engine="claude")))
    decisions.apply_due(clock.now())
    after = everything()
    assert set(before) == set(after)
    return dream, {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_a_model_that_is_the_attackers_files_proposals_and_nothing_more(house, vendor, speaker):
    dream, changed = held_by_the_model(house, vendor, speaker)
    assert dream.state in {"completed", "partial"}, dream.failure
    # Whatever was said is paid for once.
    assert dream.attempt == 1
    assert {name for name in changed if not is_of_the_log(name)} <= MAY_CHANGE
    filed = list(Proposal.objects.filter(origin_id=str(dream)))
    assert not Decision.objects.exists()
    # Lies in form do get to the queue, as what two people decide; the others to nowhere.
    assert ("reviews.Proposal" in changed) == (speaker != "no form")
    assert {one.risk for one in filed} <= {"high"}
    assert {sum(wanted for _, wanted in one.route["needs"]) for one in filed} <= {2}
    assert {(one.state, one.route["mode"]) for one in filed} <= {("pending", "people")}
    assert {head.memory.path: head.content for head in heads_of(house.store)} == {
        KEPT: "Keep this.\n"
    }
    for piece in Evidence.objects.select_related("event"):
        assert piece.event.text[piece.start : piece.end] == piece.quote
