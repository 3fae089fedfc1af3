"""Test items: a lot shows some decisions a known case next, told as one after the answer.

They have a table, an id and actions of their own. No verb of proposals, decisions or memory ever
meets one, so none can be counted, exported as a decision, applied or read.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from agents import clock
from agents.errors import InvalidInput
from agents.models import Publishing, Workspace
from agents.numbers import take_number
from agents.people import Member, actor_of, lock_workspace, require_right
from agents.rights import Right
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.log import append
from reviews.draws import draw_number, is_drawn
from reviews.errors import AlreadyAnswered
from reviews.models import OriginKind, Proposal, SeededItem
from reviews.samples.base import Answer, Sample, is_right
from reviews.samples.pool import POOL

MOST_PERCENT = 10
DEFAULT_PERCENT = 2


@dataclass(frozen=True, slots=True)
class Hits:
    """Of `of` test items that were approved, rejected or sent back, how many rightly."""

    right: int
    of: int


@transaction.atomic(durable=True)
def set_test_items(workspace: Workspace, percent: int, *, by: Member) -> None:
    """Show a test item after so many of 100 decisions; 0 shows none.

    Raises NotAllowed (agents.errors) for who does not propose rules, InvalidInput out of range.
    """
    require_right(by, Right.PROPOSE_RULES)
    if not 0 <= percent <= MOST_PERCENT:
        raise InvalidInput(f"0 to {MOST_PERCENT} of 100 can be test items; {percent} cannot.")
    lock_workspace(workspace)
    before = Workspace.objects.values_list("test_item_percent", flat=True).get(pk=workspace.pk)
    if before == percent:
        return
    Workspace.objects.filter(pk=workspace.pk).update(test_item_percent=percent)
    workspace.test_item_percent = percent
    append(
        Action.SETTING_CHANGED,
        workspace=workspace.slug,
        actor=actor_of(by.person),
        object="setting:test-items",
        before={"percent": before},
        after={"percent": percent},
    )


def offer(decided: Proposal, *, by: Member) -> SeededItem | None:
    """Return the test item that `by` is shown after deciding, None for most decisions.

    The lot is a keyed hash of person and proposal: nobody foresees it. A case is not shown twice
    to a person; when all were, none is.
    """
    percent, key = by.workspace.test_item_percent, settings.SECRET_KEY.encode()
    about = (by.workspace.slug, by.person.public_id, decided.number, decided.revision)
    if not percent or not is_drawn(key, "test item", *about, percent=percent):
        return None
    seen = SeededItem.objects.filter(workspace=by.workspace, person=by.person)
    met = set(seen.values_list("sample", flat=True))
    left = sorted(POOL.keys() - met)
    if not left or seen.filter(answered_at=None).exists():
        return None
    chosen = left[draw_number(key, "test item case", *about) % len(left)]
    return _show(decided, chosen, take_number(by.workspace, "P"), by)


def _show(decided: Proposal, chosen: str, number: int, by: Member) -> SeededItem:
    with transaction.atomic(durable=True):
        item = SeededItem.objects.create(
            workspace=by.workspace,
            person=by.person,
            number=number,
            sample=chosen,
            after=decided.number,
            agent=decided.agent.name if decided.agent else "Shared memory",
            dream=_dream_near(decided),
            shown_at=clock.now(),
        )
        append(
            Action.TEST_ITEM_SHOWN,
            workspace=by.workspace.slug,
            actor=SYSTEM,
            object=f"test-item:{item}",
            after={"case": chosen, "to": by.person.public_id, "after": str(decided)},
        )
    return item


def _dream_near(decided: Proposal) -> str:
    """Return the dream the proposal is of, else the newest one over its memory; its page opens."""
    if decided.origin_kind == OriginKind.DREAM:
        return decided.origin_id
    rows = Proposal.objects.filter(store=decided.store_id, origin_kind=OriginKind.DREAM)
    return rows.order_by("-number").values_list("origin_id", flat=True).first() or "D-1"


def find_item(by: Member, number: int) -> SeededItem | None:
    """Return `by`'s own test item of that number, None where there is none."""
    rows = SeededItem.objects.filter(workspace=by.workspace, person=by.person, number=number)
    return rows.first()


def note_quote_opened(item: SeededItem, quote: int) -> None:
    """Keep that a quote was opened before the answer; it stands in the answer's entry."""
    if not item.answer and quote not in item.opened:
        item.opened = sorted([*item.opened, quote])
        item.save(update_fields=["opened"])


def answer_item(item: SeededItem, answer: Answer, *, by: Member) -> SeededItem:
    """Record what `by` says of the test item. Raises AlreadyAnswered the second time."""
    with transaction.atomic(durable=True):
        row = SeededItem.objects.select_for_update().get(pk=item.pk)
        if row.answered_at is not None:
            raise AlreadyAnswered("This was a test item, and it is answered already.")
        row.answer, row.answered_at = answer.value, clock.now()
        row.save(update_fields=["answer", "answered_at"])
        append(
            Action.TEST_ITEM_ANSWERED,
            workspace=by.workspace.slug,
            actor=actor_of(by.person),
            object=f"test-item:{row}",
            after={"case": row.sample, "answer": row.answer, "right": sample_of(row).right.value},
            shown={"evidence_opened": row.opened},
        )
    return row


def sample_of(item: SeededItem) -> Sample:
    """Return the case a row shows."""
    return POOL[item.sample]


def publishing_of(item: SeededItem) -> str:
    """Return when the memory serves what is approved that the item is shown as being about.

    A page that spoke of another way to publish than those beside it would give the item away.
    """
    after = Proposal.objects.filter(workspace=item.workspace_id, number=item.after)
    return after.values_list("store__publishing", flat=True).first() or Publishing.AT_ONCE


def hits_of(workspace: Workspace) -> Hits:
    """Return how often test items were answered rightly in the workspace; edits count for none."""
    rows = SeededItem.objects.filter(workspace=workspace, answered_at__isnull=False)
    said = [(POOL[key], Answer(answer)) for key, answer in rows.values_list("sample", "answer")]
    counted = [(sample, answer) for sample, answer in said if answer is not Answer.EDIT]
    return Hits(sum(is_right(*pair) for pair in counted), len(counted))
