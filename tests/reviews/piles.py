"""Proposals that may be decided in a list: of low risk, each of its own words and with a quote."""

from reviews.batches import Frozen
from reviews.changes import Trust
from reviews.models import Proposal
from reviews.quotes import find_evidence
from reviews.reading import record_evidence_opened
from tests import build
from tests.cast import Cast
from tests.reviews.views.desks import member

SUBJECTS = (
    "Shipped orders stay with the courier until they are returned.",
    "Gift vouchers are never paid out in cash.",
    "Ask for the postcode before changing an address.",
    "Refunds arrive within five working days.",
    "Business accounts are billed on the first working day.",
    "Lost parcels are replaced after fourteen days.",
    "Warranty claims name the serial number.",
    "Subscriptions pause for three months at most.",
    "Photographs of damage come with the claim.",
    "Night deliveries are offered in cities alone.",
    "Coupons cannot be combined with a sale.",
    "Returned shoes are checked for wear.",
    "Export papers are kept by the warehouse.",
)


def pile(cast: Cast, count: int = 3) -> list[Proposal]:
    """Proposals that may be decided together, in the order of the queue."""
    session = build.session(cast.agent)
    return [
        build.filed(
            cast.store,
            content=f"{SUBJECTS[n]}\n",
            title=SUBJECTS[n][:50],
            evidence=[build.quote(session, 2, "already shipped")],
            taint=Trust.MEMBER,
        )
        for n in range(count)
    ]


def open_quote(cast: Cast, proposal: Proposal, name: str = "reviewer") -> None:
    """Somebody opens the proposal's first quote where it was said."""
    by = member(cast, name)
    record_evidence_opened(proposal, find_evidence(proposal, 1), by)


def frozen(*proposals: Proposal) -> list[Frozen]:
    """The list as a page would have shown it."""
    return [Frozen(one.number, one.revision) for one in proposals]
