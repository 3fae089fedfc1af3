"""A proposal on paper: what was judged, whole, and no controls."""

import pytest
from playwright.sync_api import expect

from tests import build
from tests.reviews.views.desks import LIVE, update

pytestmark = pytest.mark.browser


def test_paper_has_the_text_whole_and_says_what_it_is_and_no_controls(
    page, live_server, cast, sign_in
) -> None:
    long = "".join(f"Line {n} of a long memory.\n" for n in range(40))
    proposal = update(cast, long + LIVE + "Six.\n", old=long + LIVE)
    sign_in(cast.reviewer)
    page.goto(f"{live_server.url}/w/northwind/review/{proposal}/")
    expect(page.locator(".only-print")).to_be_hidden()
    expect(page.get_by_text("Line 3 of a long memory.")).to_be_hidden()

    page.emulate_media(media="print")

    expect(page.locator(".only-print")).to_contain_text(proposal.content_sha256)
    expect(page.get_by_text("Line 3 of a long memory.")).to_be_visible()
    for controls in (".actions", ".top", ".queue", "#reads", "dialog"):
        expect(page.locator(controls).first).to_be_hidden()
    page.goto("about:blank")


def test_changes_are_told_apart_without_colour_on_paper(page, live_server, cast, sign_in) -> None:
    proposal = build.filed(cast.store)
    sign_in(cast.reviewer)
    page.goto(f"{live_server.url}/w/northwind/review/{proposal}/")
    page.emulate_media(media="print")

    drawn = page.locator("ins").first.evaluate("(one) => getComputedStyle(one).textDecorationLine")

    assert drawn == "underline"
    page.goto("about:blank")
