"""The sample values of the design page: complete, and safe against fields that come and go."""

from dataclasses import dataclass

import pytest

from dreaming.design import COLOURS, SIDES, sample, samples
from dreaming.models import DreamState
from reviews.lifecycle import State
from reviews.turns import CHIPS
from tests.test_templates import ROOT, SPRITE, STYLES


@dataclass(frozen=True)
class Pair:
    """Two fields."""

    left: str
    right: str


def test_a_sample_leaves_what_is_not_given_empty():
    assert sample(Pair, left="a") == Pair("a", None)


def test_a_sample_refuses_a_field_that_is_gone():
    with pytest.raises(TypeError, match="middle"):
        sample(Pair, middle="a")


def test_every_colour_has_a_swatch_and_every_swatch_a_colour():
    tokens = (ROOT / "static/css/tokens.css").read_text()
    for token in COLOURS:
        assert f"--{token.name}:" in tokens
        assert f".f-{token.name} " in STYLES


@pytest.mark.parametrize("side", SIDES)
def test_every_state_of_a_proposal_and_of_a_dream_is_shown(side: str):
    shown = samples(side)
    words = {chip.text for chip in shown["states"]}
    assert {chip.text for chip in CHIPS.values()} <= words
    # A scheduled one tells the seconds that are left.
    assert set(State) - set(CHIPS) <= {State.SCHEDULED}
    assert len(shown["dreams"]) == len(DreamState)


@pytest.mark.parametrize("side", SIDES)
def test_every_sign_is_in_the_sprite(side: str):
    shown = samples(side)
    signs = {chip.sign for kind in ("states", "dreams", "flags") for chip in shown[kind]}
    assert signs | {one["line"].sign for one in shown["rows"]} <= SPRITE


def test_the_two_sides_share_no_id():
    light, dark = (samples(side) for side in SIDES)
    assert not {str(one["line"].id) for one in light["rows"]} & {
        str(one["line"].id) for one in dark["rows"]
    }
    assert not {quote.position for quote in light["quotes"]} & {
        quote.position for quote in dark["quotes"]
    }
