"""Two groups are asked, one after the other: whom the queue says it waits for, on their pages."""

from html.parser import HTMLParser

import pytest

from agents.people import set_group
from reviews.audit.actors import SYSTEM
from reviews.models import Proposal
from tests import build
from tests.reviews.views.desks import at, fresh, post, shown, text_of

pytestmark = pytest.mark.django_db
QUEUE = "/w/northwind/review/"
ROUTE = {
    "rule": "two-groups",
    "version": 1,
    "needs": [["clinic", 1], ["legal", 1]],
    "mode": "people",
    "reasons": [],
}


class Rows(HTMLParser):
    """Reads the rows of the queue: the words of each, by the id of its link."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: dict[str, str] = {}
        self.quiet: set[str] = set()
        self.row = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and (given.get("id") or "").startswith("row-P-"):
            self.row = str(given["id"])
            if "done" in (given.get("class") or "").split():
                self.quiet.add(self.row)

    def handle_endtag(self, tag: str) -> None:
        self.row = "" if tag == "a" else self.row

    def handle_data(self, data: str) -> None:
        if self.row:
            self.words[self.row] = self.words.get(self.row, "") + f" {data}"


def rows(client, search: str = "") -> Rows:
    return Rows(text_of(client.get(QUEUE, {"q": search} if search else {})))


def waits_for(client, proposal: Proposal) -> bool:
    """Say whether it is the reader's turn: by what is listed, and by how its row is printed."""
    row = f"row-{proposal}"
    queue, yours = rows(client), rows(client, "is:yours")
    is_bold = "Your turn." in queue.words[row]
    assert (row in queue.quiet) == (not is_bold)
    assert ("For another group" in queue.words[row]) == (not is_bold)
    assert (row in yours.words) == is_bold
    return is_bold


def test_a_groups_approval_takes_it_from_the_group_and_undo_gives_it_back(
    cast, client_of, settings
) -> None:
    settings.GRACE_S = 10
    other = build.person("Clara", within=cast.workspace)
    set_group(cast.workspace, "clinic", [cast.second_reviewer, other], by=SYSTEM)
    set_group(cast.workspace, "legal", [cast.reviewer, cast.lead], by=SYSTEM)
    proposal = build.proposal(cast.store, route=ROUTE)
    clinic, legal, lead = client_of(other), client_of(cast.reviewer), client_of(cast.lead)
    assert [waits_for(one, proposal) for one in (clinic, legal, lead)] == [True, True, True]

    post(client_of(cast.second_reviewer), at(cast, proposal, "approve/"), shown(proposal))
    assert fresh(proposal).state == "awaiting_second"
    assert [waits_for(one, proposal) for one in (clinic, legal, lead)] == [False, True, True]

    post(legal, at(cast, proposal, "approve/"), shown(fresh(proposal)))
    assert fresh(proposal).state == "scheduled"
    assert [f"row-{proposal}" in rows(one).words for one in (clinic, legal, lead)] == [False] * 3

    post(legal, at(cast, proposal, "undo/"), {"round": 0, "state": "scheduled"})
    assert fresh(proposal).state == "awaiting_second"
    assert [waits_for(one, proposal) for one in (clinic, legal, lead)] == [False, True, True]
