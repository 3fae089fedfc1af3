"""The addresses of practice: samples, runs, and what is known of reviewers."""

from typing import Any

from agents.group_rules import require_qualification
from agents.people import find_member, set_group
from reviews import practice
from tests.cast import Cast
from tests.flows.routes.lines import Route, here, sends
from tests.flows.routes.reviews import ASKED, REJECTED, SHOWN


def at_run(cast: Cast) -> dict[str, Any]:
    reviewer = find_member(cast.reviewer, cast.workspace)
    assert reviewer is not None
    return here(cast) | {"attempt": practice.start_practice(by=reviewer).attempt}


def at_sample(cast: Cast) -> dict[str, Any]:
    return at_run(cast) | {"position": 1}


def at_sample_quote(cast: Cast) -> dict[str, Any]:
    return at_sample(cast) | {"quote": 1}


def at_asking_group(cast: Cast) -> dict[str, Any]:
    people = [cast.reviewer, cast.lead]
    set_group(cast.workspace, "risk", people, by=cast.admin)
    require_qualification(cast.workspace, "risk", days=365, by=cast.admin)
    return here(cast) | {"group": "risk"}


ROUTES = [
    # Practice: a run is its own person's
    Route("practice", "GET", here, "in 404 200 200 403 403 in"),
    Route("practice_start", "POST", here, "in 404 303 303 403 403 in"),
    Route("qualification_start", "POST", at_asking_group, "in 404 303 303 403 403 in"),
    Route("first_visit_end", "POST", here, "in 404 303 303 403 403 in"),
    Route("double_review_set", "POST", here, "in 404 403 303 403 403 in", sends(percent=5)),
    Route("test_items_set", "POST", here, "in 404 403 303 403 403 in", sends(percent=2)),
    Route("practice_run", "GET", at_run, "in 404 302 404 403 403 in"),
    Route("practice_sample", "GET", at_sample, "in 404 200 404 403 403 in"),
    Route("sample_approve", "POST", at_sample, "in 404 303 404 403 403 in", SHOWN),
    Route("sample_reject", "GET", at_sample, "in 404 200 404 403 403 in"),
    Route("sample_reject", "POST", at_sample, "in 404 303 404 403 403 in", REJECTED),
    Route("sample_request_changes", "GET", at_sample, "in 404 200 404 403 403 in"),
    Route("sample_request_changes", "POST", at_sample, "in 404 303 404 403 403 in", ASKED),
    Route("sample_evidence", "GET", at_sample_quote, "in 404 200 404 403 403 in"),
]
