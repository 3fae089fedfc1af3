"""What forms make of what browsers send."""

import pytest

from reviews.decisions import REASON_CODES
from reviews.forms import EditForm, RejectForm, RollBackForm, store_choices
from tests import build


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("a\r\nb\r\n", "a\nb\n"),
        ("a\rb", "a\nb"),
        ("  a  \n\n", "  a  \n\n"),
        ("", ""),
    ],
)
def test_a_memory_s_text_keeps_all_but_the_browser_s_line_ends(typed, text) -> None:
    form = EditForm({"revision": 1, "text": typed, "reason": "x"})

    assert form.is_valid()
    assert form.cleaned_data["text"] == text


def test_every_reason_of_the_rules_can_be_chosen() -> None:
    for code in REASON_CODES:
        assert RejectForm({"revision": 1, "state": "pending", "code": code}).is_valid()


@pytest.mark.parametrize("release", ["R-14", "r-14", "14"])
def test_a_release_is_typed_by_number_or_by_name(release) -> None:
    assert RollBackForm({"release": release, "reason": "x"}).is_valid()


@pytest.mark.parametrize("release", ["", "R-0", "R-", "M-14", "R-14x", "-1", "R-" + "9" * 19])
def test_anything_else_is_no_release(release) -> None:
    assert not RollBackForm({"release": release, "reason": "x"}).is_valid()


def test_stores_are_named_as_in_addresses(cast) -> None:
    build.agent(cast.workspace, "claims", name="Claims")

    assert dict(store_choices(cast.workspace)) == {
        "shared": "All agents (shared)",
        "claims": "Claims",
        "refund-desk": "Refund-Desk",
    }
