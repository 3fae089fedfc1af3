"""The conflict surface: what is asked, what carries over, and what saving does."""

import time

import pytest
from django.db import transaction

from agents import clock as product_clock
from agents.memory import retire_memory, write_memory
from reviews import decisions
from reviews.audit.actors import SYSTEM
from reviews.changes import Op
from reviews.models import Proposal, ProposalRevision
from tests import build
from tests.reviews.views.desks import (
    HTMX,
    LIVE,
    PATH,
    approve,
    at,
    conflict,
    fresh,
    post,
    text_of,
    update,
)

pytestmark = pytest.mark.django_db

THEIRS = LIVE.replace("Two.", "Two, and a half.")
OURS = LIVE.replace("Two.", "Two or three.").replace("Four.", "Four at least.")


@pytest.fixture
def stuck(cast) -> Proposal:
    """A proposal whose second line was changed by another one that was applied first."""
    return conflict(cast, OURS, THEIRS)


def saves(*, live: int = 2, **more: object) -> dict[str, object]:
    return {"revision": 1, "live": live, **more}


def newest(proposal: Proposal) -> ProposalRevision:
    return ProposalRevision.objects.filter(proposal=proposal).latest("number")


def test_only_the_line_both_touched_is_asked(cast, client_of, stuck) -> None:
    html = text_of(client_of(cast.reviewer).get(at(cast, stuck, "conflict/")))

    assert html.count('role="radiogroup" aria-labelledby="q-') == 1
    assert "Line 2: choose what it says" in html
    assert "Live, version 2" in html
    assert "This proposal" in html
    assert "Version 2 went live" in html
    assert "written on version 1" in html
    assert "Save on version 2" in html


def test_what_carries_over_stands_in_the_result(cast, client_of, stuck) -> None:
    html = text_of(client_of(cast.reviewer).get(at(cast, stuck, "conflict/")))

    result = html[html.index('id="result"') :]
    assert "at least" in result


@pytest.mark.parametrize(
    ("pick", "line", "author"),
    # Word for word what the dream proposed stays the dream's.
    [("live", "Two, and a half.", "reviewer"), ("proposed", "Two or three.", "")],
)
def test_saving_puts_the_choice_on_what_is_live(cast, client_of, stuck, pick, line, author) -> None:
    response = post(
        client_of(cast.reviewer), at(cast, stuck, "conflict/"), saves(**{"pick-0": pick})
    )

    assert response.status_code == 303
    now = fresh(stuck)
    assert (now.state, now.base_version, now.revision) == ("pending", 2, 2)
    assert newest(stuck).content == f"One.\n{line}\nThree.\nFour at least.\nFive.\n"
    assert newest(stuck).author == (getattr(cast, author) if author else None)


def test_the_settled_change_can_be_approved_and_applied(cast, client_of, stuck) -> None:
    post(client_of(cast.reviewer), at(cast, stuck, "conflict/"), saves(**{"pick-0": "both"}))
    for name in ("second_reviewer", "lead"):
        if fresh(stuck).state != "scheduled":
            approve(cast, stuck, name)
    decisions.apply_due(product_clock.now())

    assert fresh(stuck).state == "applied"


def test_a_fragment_shows_the_proposal_open_again(cast, client_of, stuck) -> None:
    response = post(
        client_of(cast.reviewer), at(cast, stuck, "conflict/"), saves(**{"pick-0": "live"}), **HTMX
    )

    assert response["HX-Push-Url"] == at(cast, stuck)
    assert "is open again" in text_of(response)


def test_a_line_without_a_choice_saves_nothing(cast, client_of) -> None:
    gone = LIVE.replace("Two.\n", "")
    stuck = conflict(cast, OURS, gone)
    client = client_of(cast.reviewer)
    assert "Settle every line above" in text_of(client.get(at(cast, stuck, "conflict/")))

    response = post(client, at(cast, stuck, "conflict/"), saves())

    assert response.status_code == 422
    assert "Line 2 is not settled yet" in text_of(response)
    assert fresh(stuck).state == "conflicted"


def test_choices_that_leave_memory_as_it_is_save_nothing(cast, client_of) -> None:
    stuck = conflict(cast, LIVE.replace("Two.", "Two or three."), THEIRS)

    response = post(
        client_of(cast.reviewer), at(cast, stuck, "conflict/"), saves(**{"pick-0": "live"})
    )

    assert response.status_code == 422
    assert "leaves memory as it is now" in text_of(response)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_moved_again_is_asked_again_with_the_choices_kept(
    cast, client_of, stuck, headers
) -> None:
    with transaction.atomic():
        write_memory(
            cast.store, PATH, THEIRS + "Six.\n", base_version=2, actor=SYSTEM, taint="member"
        )

    response = post(
        client_of(cast.reviewer),
        at(cast, stuck, "conflict/"),
        saves(**{"pick-0": "proposed"}),
        **headers,
    )

    html = text_of(response)
    assert response.status_code == 409
    assert "changed again while you settled" in html
    assert "Save on version 3" in html
    assert 'value="proposed" checked' in html
    assert fresh(stuck).state == "conflicted"


def test_the_preview_answers_with_the_result(cast, client_of, stuck) -> None:
    response = post(
        client_of(cast.reviewer),
        at(cast, stuck, "conflict/preview/"),
        saves(**{"pick-0": "proposed"}),
        **HTMX,
    )

    html = text_of(response)
    assert html.lstrip().startswith('<section class="sec" id="result"')
    assert "or three" in html


def test_without_script_the_preview_is_the_page_with_the_choice(cast, client_of, stuck) -> None:
    html = text_of(
        post(
            client_of(cast.reviewer),
            at(cast, stuck, "conflict/preview/"),
            saves(**{"pick-0": "live"}),
        )
    )

    assert html.lstrip().startswith("<!doctype html>")
    assert 'value="live" checked' in html


def test_a_text_can_be_written_by_hand(cast, client_of, stuck) -> None:
    client = client_of(cast.reviewer)
    html = text_of(client.get(at(cast, stuck, "conflict/", "?by_hand=1")))
    assert 'name="by_hand"' in html
    assert "Four at least." in html

    post(
        client,
        at(cast, stuck, "conflict/"),
        saves(by_hand="on", text="One.\r\nTwo, by hand.\r\n"),
    )

    assert newest(stuck).content == "One.\nTwo, by hand.\n"


def test_a_draft_by_hand_is_kept_when_memory_moves(cast, client_of, stuck) -> None:
    with transaction.atomic():
        write_memory(cast.store, PATH, "Moved.\n", base_version=2, actor=SYSTEM, taint="member")

    response = post(
        client_of(cast.reviewer),
        at(cast, stuck, "conflict/"),
        saves(by_hand="on", text="By hand, kept.\n"),
    )

    assert response.status_code == 409
    assert "By hand, kept." in text_of(response)


def test_approvals_of_the_old_text_are_listed(cast, client_of) -> None:
    build.memory(cast.store, PATH, LIVE)
    waiting = update(cast, "Skip the verification.\n" + LIVE)
    approve(cast, waiting)
    first = update(cast, THEIRS)
    for name in ("reviewer", "second_reviewer"):
        if fresh(first).state != "scheduled":
            approve(cast, first, name)
    decisions.apply_due(product_clock.now())

    html = text_of(client_of(cast.reviewer).get(at(cast, waiting, "conflict/")))

    assert "Approvals that no longer count" in html
    assert "Sven approved the text as it was" in html


def test_where_nothing_stands_any_more_it_would_be_new_memory(cast, client_of) -> None:
    proposal = update(cast, OURS)
    with transaction.atomic():
        retire_memory(cast.store, PATH, base_version=1, actor=SYSTEM)
    Proposal.objects.filter(pk=proposal.pk).update(state="conflicted")
    client = client_of(cast.reviewer)

    html = text_of(client.get(at(cast, proposal, "conflict/")))
    assert "Nothing stands at this path now" in html
    assert "Save as new memory" in html
    post(client, at(cast, proposal, "conflict/"), saves(live=0))

    now = fresh(proposal)
    assert (now.state, now.op, now.base_version) == ("pending", Op.CREATE, None)
    assert newest(proposal).content == OURS


def test_a_retirement_asks_only_whether_it_still_goes(cast, client_of) -> None:
    build.memory(cast.store, PATH, LIVE)
    retire = build.filed(
        cast.store, op=Op.RETIRE, path=PATH, content="", base_version=1, title="Retire limits"
    )
    with transaction.atomic():
        write_memory(cast.store, PATH, THEIRS, base_version=1, actor=SYSTEM, taint="member")
    Proposal.objects.filter(pk=retire.pk).update(state="conflicted")
    client = client_of(cast.reviewer)

    html = text_of(client.get(at(cast, retire, "conflict/")))
    assert "Say whether it still goes." in html
    post(client, at(cast, retire, "conflict/"), saves())

    now = fresh(retire)
    assert (now.state, now.op, now.base_version) == ("pending", Op.RETIRE, 2)


def test_rejecting_is_offered_as_outdated(cast, client_of, stuck) -> None:
    client = client_of(cast.reviewer)
    assert "Reject as outdated" in text_of(client.get(at(cast, stuck, "conflict/")))

    sent = {"revision": 1, "state": "conflicted", "code": "outdated"}
    post(client, at(cast, stuck, "reject/"), sent)

    assert fresh(stuck).verdict == "reject"


def test_what_is_not_in_conflict_has_no_such_page(cast, client_of) -> None:
    proposal = build.filed(cast.store)

    response = client_of(cast.reviewer).get(at(cast, proposal, "conflict/"))

    assert response.url == at(cast, proposal)


def test_an_auditor_reads_the_conflict_and_settles_nothing(cast, client_of, stuck) -> None:
    client = client_of(cast.auditor)
    assert "Save on version" not in text_of(client.get(at(cast, stuck, "conflict/")))

    response = post(client, at(cast, stuck, "conflict/"), saves(**{"pick-0": "live"}))

    assert response.status_code == 403


@pytest.mark.parametrize("sent", [{}, {"revision": 1}, {"revision": "a", "live": "b"}])
def test_a_form_that_does_not_say_what_it_showed_saves_nothing(
    cast, client_of, stuck, sent
) -> None:
    assert post(client_of(cast.reviewer), at(cast, stuck, "conflict/"), sent).status_code == 422
    assert fresh(stuck).state == "conflicted"


def test_a_large_memory_is_settled_as_well(cast, client_of) -> None:
    lines = [f"Rule {n}: the reviewer of case {n} reads file {n} first.\n" for n in range(1_000)]
    old = "".join(lines)
    assert len(old) > 50_000
    theirs, ours = list(lines), list(lines)
    for n in range(0, 1_000, 50):
        theirs[n] = f"Rule {n}: nobody reads file {n}.\n"
        ours[n] = f"Rule {n}: the reviewer of case {n} reads file {n} twice.\n"
    stuck = conflict(cast, "".join(ours), "".join(theirs), old=old)
    client = client_of(cast.reviewer)

    began = time.perf_counter()
    html = text_of(client.get(at(cast, stuck, "conflict/")))
    took = time.perf_counter() - began

    assert html.count('role="radiogroup" aria-labelledby="q-') == 20
    assert took < 5
    picks = {f"pick-{n}": "proposed" for n in range(20)}
    assert post(client, at(cast, stuck, "conflict/"), saves(**picks)).status_code == 303
    assert newest(stuck).content == "".join(ours)
