"""How people do on cases with a known answer, and in double review: by person, and all together.

Rows of test items and of drawn proposals only; what is decided otherwise says nothing here. One
person's numbers are for that person and for leads (the practice and rules pages hold to it).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from agents.models import Person, Workspace
from agents.web.charts import wilson
from reviews.agreement import Alpha, alpha_of
from reviews.models import Decision, SeededItem
from reviews.samples.base import Answer, is_right
from reviews.samples.pool import POOL
from reviews.sampling import DRAWN


@dataclass(frozen=True, slots=True)
class Share:
    """hits of `of` with its 95 % interval; share is None of nothing."""

    hits: int
    of: int
    share: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """One person's numbers: test items answered rightly, and first approvals another shared."""

    person: Person
    hits: Share
    shared: Share


def calibrations_of(workspace: Workspace, person: Person | None = None) -> list[Calibration]:
    """Return the numbers of everybody who has any, by name; of `person` alone where given.

    Three questions, however many people there are.
    """
    hits = _hits(workspace, person)
    shared = _shared(workspace, person)
    people = Person.objects.filter(pk__in=hits.keys() | shared.keys()).order_by("name", "pk")
    return [
        Calibration(one, share_of(hits.get(one.pk, ())), share_of(shared.get(one.pk, ())))
        for one in people
    ]


def share_of(said: Iterable[bool]) -> Share:
    """Return how many of these are so, with the interval."""
    counted = list(said)
    hits, of = sum(counted), len(counted)
    low, high = wilson(hits, of) if of else (0.0, 0.0)
    return Share(hits, of, hits / of if of else None, low, high)


def agreement_on_cases(workspace: Workspace) -> Alpha | None:
    """Return how far people agree on the test items that several of them answered.

    A unit is a case, its values are the answers: to approve, or not to. None where it cannot be
    told. Double review gives no such number: its pairs begin with an approval, so nothing varies
    on one side of them (docs/adr/0017).
    """
    cases: defaultdict[str, list[bool]] = defaultdict(list)
    for _, sample, answer in _answers(workspace, None):
        cases[sample].append(answer is Answer.APPROVE)
    return alpha_of(cases.values())


def _answers(workspace: Workspace, person: Person | None) -> Iterable[tuple[int, str, Answer]]:
    """Yield person, case and answer of what was answered; an edit is no answer."""
    rows = SeededItem.objects.filter(workspace=workspace, answered_at__isnull=False)
    rows = rows if person is None else rows.filter(person=person)
    for who, sample, answer in rows.values_list("person", "sample", "answer"):
        if answer != Answer.EDIT.value:
            yield who, sample, Answer(answer)


def _hits(workspace: Workspace, person: Person | None) -> dict[int, list[bool]]:
    found: defaultdict[int, list[bool]] = defaultdict(list)
    for who, sample, answer in _answers(workspace, person):
        found[who].append(is_right(POOL[sample], answer))
    return dict(found)


def _shared(workspace: Workspace, person: Person | None) -> dict[int, list[bool]]:
    """Return for whoever approved first whether the second person did too, a drawn pair each."""
    votes = Decision.objects.filter(
        proposal__workspace=workspace,
        proposal__route__drawn=DRAWN,
        verdict__in=("approve", "reject"),
        undo__isnull=True,
    )
    pairs: defaultdict[tuple[int, int], list[tuple[int | None, str]]] = defaultdict(list)
    for proposal, revision, who, verdict in votes.order_by("pk").values_list(
        "proposal", "revision", "person", "verdict"
    ):
        pairs[proposal, revision].append((who, verdict))
    found: defaultdict[int, list[bool]] = defaultdict(list)
    for said in pairs.values():
        (first, verdict), *later = said
        if first is not None and verdict == "approve" and later:
            found[first].append(later[0][1] == "approve")
    if person is None:
        return dict(found)
    return {person.pk: found[person.pk]} if person.pk in found else {}
