"""The double-review sample: of what needs one approval, some get a second person, by lot.

The lot is a keyed hash of the proposal's id, so nobody foresees it and nobody can draw again. What
was drawn says so in its route and on its page, and is told apart from what rules ask for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from agents.errors import InvalidInput
from agents.models import Workspace
from agents.people import Member, actor_of, lock_workspace, require_right
from agents.rights import Right
from reviews.approval_rules import Mode
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.draws import is_drawn
from reviews.models import Decision

PURPOSE = "double review"
DRAWN = "double-review"
MOST_PERCENT = 20
DEFAULT_PERCENT = 5
"""What the form proposes; nothing is drawn until a lead sets it."""

REASON = "Drawn for double review: a second person approves it too, whatever the rules ask."


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of `of` first approvals that were drawn and looked at again, how many the second shared."""

    agreed: int
    of: int


def draw(columns: dict[str, object], workspace: Workspace, number: int) -> dict[str, object]:
    """Return a proposal's columns with one approval more in its route where the lot fell on it.

    Only what people decide with one approval is drawn; the lot of a number never changes, so that
    an edit keeps it.
    """
    route = columns["route"]
    if not workspace.double_review_percent or not isinstance(route, Mapping):
        return columns
    is_one = route["mode"] == Mode.PEOPLE.value and _approvals(route["needs"]) == 1
    if not is_one or not _falls_on(workspace, number):
        return columns
    return {**columns, "route": _with_second(route)}


def _falls_on(workspace: Workspace, number: int) -> bool:
    key = settings.SECRET_KEY.encode()
    return is_drawn(key, PURPOSE, workspace.slug, number, percent=workspace.double_review_percent)


def _approvals(needs: Iterable[Any]) -> int:
    return sum(int(count) for _, count in needs)


def _with_second(route: Mapping[str, Any]) -> dict[str, object]:
    (group, _), *_rest = route["needs"]
    needs = [[None, 2]] if group is None else [[group, 1], [None, 1]]
    return {**route, "needs": needs, "reasons": [*route["reasons"], REASON], "drawn": DRAWN}


@transaction.atomic(durable=True)
def set_double_review(workspace: Workspace, percent: int, *, by: Member) -> None:
    """Let so many of 100 proposals that need one approval get a second person; 0 draws none.

    It holds for what is filed or edited from now on. Raises NotAllowed (agents.errors) for who does
    not propose rules, InvalidInput for a share out of range.
    """
    require_right(by, Right.PROPOSE_RULES)
    if not 0 <= percent <= MOST_PERCENT:
        raise InvalidInput(f"0 to {MOST_PERCENT} of 100 can be drawn; {percent} is not among them.")
    lock_workspace(workspace)
    before = Workspace.objects.values_list("double_review_percent", flat=True).get(pk=workspace.pk)
    if before == percent:
        return
    Workspace.objects.filter(pk=workspace.pk).update(double_review_percent=percent)
    workspace.double_review_percent = percent
    append(
        Action.SETTING_CHANGED,
        workspace=workspace.slug,
        actor=actor_of(by.person),
        object="setting:double-review",
        before={"percent": before},
        after={"percent": percent},
    )


def agreement_of(workspace: Workspace) -> Agreement:
    """Return how often the second person said the same of what was drawn and approved first.

    Only pairs on one revision count, in the order of the votes; what was undone is none. A first
    rejection settles a proposal, so nobody looks at it again: it is no pair.
    """
    votes = Decision.objects.filter(
        proposal__workspace=workspace,
        proposal__route__drawn=DRAWN,
        verdict__in=("approve", "reject"),
        undo__isnull=True,
    )
    firsts: dict[tuple[int, int], list[str]] = {}
    for proposal, revision, verdict in votes.order_by("pk").values_list(
        "proposal", "revision", "verdict"
    ):
        firsts.setdefault((proposal, revision), []).append(verdict)
    pairs = [said[:2] for said in firsts.values() if len(said) > 1 and said[0] == "approve"]
    return Agreement(sum(pair[1] == "approve" for pair in pairs), len(pairs))
