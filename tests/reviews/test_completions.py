"""What can come next where the caret stands in the search field."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from reviews.completions import MOST, NOTES, Spot, complete, spot_at
from reviews.searches import KEYS, LONGEST, read_search
from tests import build


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("|", Spot(0, 0, "", "", "")),
        ("ri|", Spot(0, 2, "", "", "ri")),
        ("ri|sk", Spot(0, 4, "", "", "ri")),
        ("risk:|", Spot(0, 5, "risk:", "risk", "")),
        ("Risk:hi|", Spot(0, 7, "Risk:", "risk", "hi")),
        ("risk:high,me|", Spot(0, 12, "risk:high,", "risk", "me")),
        ("-agent:cl|", Spot(0, 9, "-agent:", "agent", "cl")),
        ("-ag|", Spot(0, 3, "-", "", "ag")),
        ("is:open |", Spot(8, 8, "", "", "")),
        ("is:op| risk:high", Spot(0, 5, "is:", "is", "op")),
        ("is:open | risk:high", Spot(8, 8, "", "", "")),
        ('agent:"two w|', Spot(11, 12, "", "", "w")),
        ('agent:"two| words"', Spot(0, 17, "agent:", "agent", "two")),
        ("colour:r|", Spot(0, 8, "", "", "colour:r")),
    ],
)
def test_the_term_at_the_caret_is_found(marked, expected) -> None:
    caret = marked.index("|")

    assert spot_at(marked.replace("|", ""), caret) == expected


@given(st.text(max_size=60), st.integers(-5, 80))
def test_a_spot_lies_within_the_text(text, caret) -> None:
    spot = spot_at(text, caret)

    assert 0 <= spot.start <= spot.end <= len(text)


def test_every_key_says_what_it_is_for() -> None:
    assert set(NOTES) == set(KEYS)


def offered(cast, marked: str) -> list[str]:
    found = complete(cast.workspace, marked.replace("|", ""), marked.index("|"))
    return [option.label for option in found]


@pytest.fixture
def filed(cast):
    """Proposals of two agents, two kinds and two dreams; one of a workspace next door."""
    claims = build.agent(cast.workspace, "claims", name="Claims review")
    build.proposal(claims.store, pattern_kind="mistake", origin_id="D-1", origin_label="Dream D-1")
    build.proposal(cast.store, pattern_kind="tool_limit", origin_id="D-12", origin_label="D-12")
    build.proposal(cast.store, origin_kind="person", origin_id="p", origin_label="Rosa")
    build.proposal(cast.other_agent.store, pattern_kind="secret_kind", origin_id="D-99")


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("|", [f"{key}:" for key in KEYS]),
        ("r|", ["risk:"]),
        ("-|", ["-risk:", "-op:", "-agent:", "-kind:", "-dream:"]),
        ("-hig|", ["-risk:high"]),
        ("risk:|", ["risk:high", "risk:medium", "risk:low"]),
        ("risk:high,|", ["risk:high,high", "risk:high,medium", "risk:high,low"]),
        ("hig|", ["risk:high"]),
        ("is:yo|", ["is:yours"]),
        ("is:wai|", ["is:second"]),
        ("op:re|", ["op:retire"]),
        ("agent:|", ["agent:claims", "agent:refund-desk", "agent:shared"]),
        ("agent:REV|", ["agent:claims"]),
        ("agent:nobody|", []),
        ("kind:|", ["kind:mistake", "kind:tool_limit"]),
        ("dream:|", ["dream:D-12", "dream:D-1"]),
        ("dream:d-12|", ["dream:D-12"]),
        ("older:|", ["older:2h", "older:1d", "older:2d", "older:1w"]),
        ("older:3|", ["older:3h", "older:3d", "older:3w"]),
        ("clai|", ["agent:claims"]),
        ('"hig|', []),
    ],
)
@pytest.mark.django_db
def test_what_fits_is_offered(cast, filed, marked, expected) -> None:
    assert offered(cast, marked) == expected


@pytest.mark.django_db
def test_a_list_is_never_long(cast) -> None:
    for n in range(MOST + 5):
        build.agent(cast.workspace, f"desk-{n}")

    assert len(offered(cast, "agent:|")) == MOST
    assert len(offered(cast, "de|")) <= MOST


@pytest.mark.parametrize(
    ("marked", "label", "expected"),
    [
        ("is:yours hig|", "risk:high", "is:yours risk:high |"),
        ("ri| is:yours", "risk:", "risk:| is:yours"),
        ("risk:me| is:yours", "risk:medium", "risk:medium |is:yours"),
        ("risk:high,me|", "risk:high,medium", "risk:high,medium |"),
        ("is:op|en words", "is:open", "is:open |words"),
    ],
)
@pytest.mark.django_db
def test_what_is_chosen_takes_the_place_of_the_term(cast, marked, label, expected) -> None:
    found = complete(cast.workspace, marked.replace("|", ""), marked.index("|"))
    option = next(option for option in found if option.label == label)

    assert f"{option.text[: option.caret]}|{option.text[option.caret :]}" == expected


@pytest.mark.django_db
def test_whatever_is_offered_is_understood(cast, filed) -> None:
    for key in KEYS:
        for option in complete(cast.workspace, f"{key}:", len(key) + 1):
            assert read_search(option.text).problems == (), option


@pytest.mark.django_db
def test_more_proposals_cost_no_more_queries(cast, filed) -> None:
    asked = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            complete(cast.workspace, "cl", 2)
        asked.append(len(queries))
        for n in range(10):
            build.proposal(cast.store, pattern_kind=f"kind-{n}", content=f"{n}\n")

    assert asked[0] == asked[1] <= 3


@pytest.mark.parametrize("query", ["", "?q=hig&caret=3", "?q=hig&caret=x", "?q=" + "r" * 500])
@pytest.mark.django_db
def test_the_field_is_answered_with_options(cast, client_of, query) -> None:
    answer = client_of(cast.reviewer).get(f"/w/northwind/review/completions/{query}")

    assert answer.status_code == 200
    assert answer.content.decode().count('role="option"') <= MOST
    assert len(query) < LONGEST or "option" not in answer.content.decode()


@pytest.mark.django_db
def test_hostile_names_are_escaped_and_boxed(cast, client_of) -> None:
    build.agent(cast.workspace, "odd", name="<script>x</script>")
    build.proposal(cast.store, pattern_kind="odd\u202e<b>")

    page = client_of(cast.reviewer).get("/w/northwind/review/completions/?q=odd").content.decode()

    assert "<script>x" not in page
    assert "<b>\u202e" not in page
    assert "U+202E" in page
