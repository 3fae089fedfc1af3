"""What the tests of the desk share: filed proposals, and forms as a page would send them."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from agents import clock
from agents.people import Member, find_member
from reviews import decisions
from reviews.changes import Op
from reviews.decisions import Shown
from reviews.models import Proposal
from tests import build
from tests.cast import Cast

HTMX = {"HX-Request": "true", "HX-Target": "pane"}
LIVE = "One.\nTwo.\nThree.\nFour.\nFive.\n"
PATH = "/claims/limits.md"


def at(cast: Cast, proposal: Proposal, page: str = "", query: str = "") -> str:
    """The address of one of a proposal's pages."""
    return f"/w/{cast.workspace.slug}/review/{proposal}/{page}{query}"


def shown(proposal: Proposal, **more: Any) -> dict[str, Any]:
    """What the forms of a proposal's page send along."""
    sent = {"revision": proposal.revision, "state": proposal.state, **more}
    return sent | ({"confirmed": 1} if proposal.risk == "high" else {})


def fresh(proposal: Proposal) -> Proposal:
    return Proposal.objects.get(pk=proposal.pk)


def member(cast: Cast, name: str) -> Member:
    found = find_member(getattr(cast, name), cast.workspace)
    assert found is not None
    return found


def approve(cast: Cast, proposal: Proposal, name: str = "second_reviewer") -> Proposal:
    """Somebody's approval of what is filed now."""
    now = fresh(proposal)
    return decisions.approve(
        now, by=member(cast, name), shown=Shown(now.revision, now.state, is_confirmed=True)
    )


def update(cast: Cast, new: str, *, old: str = LIVE, **facts: Any) -> Proposal:
    """A filed change of PATH, which says `old`."""
    if not cast.store.memories.filter(path=PATH).exists():
        build.memory(cast.store, PATH, old, title="Limits")
    return build.filed(
        cast.store,
        op=Op.UPDATE,
        path=PATH,
        content=new,
        base_version=1,
        title="Limits change",
        **facts,
    )


def conflict(cast: Cast, proposed: str, live: str, *, old: str = LIVE) -> Proposal:
    """A proposal under which `live` was applied first."""
    first = update(cast, live, old=old)
    waiting = update(cast, proposed, old=old)
    for name in ("reviewer", "second_reviewer"):
        if fresh(first).state != "scheduled":
            approve(cast, first, name)
    decisions.apply_due(clock.now())
    assert fresh(waiting).state == "conflicted"
    return fresh(waiting)


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def post(client: Client, address: str, sent: dict[str, Any], **headers: str) -> Any:
    """Send a form as a browser without script does, or with HTMX headers."""
    return client.post(address, sent, headers=headers)
