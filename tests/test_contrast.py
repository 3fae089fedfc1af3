"""The colours keep their contrast, in light and in dark (WCAG 2.2: 1.4.3, 1.4.11)."""

import re

import pytest

from tests.test_templates import STATIC

TOKENS = dict(
    re.findall(
        r"--([a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6}, #[0-9a-f]{6})\)",
        (STATIC / "css/tokens.css").read_text(),
    )
)
TEXT, CONTROL = 4.5, 3.0
PAIRS = [
    *(
        (ink, ground, TEXT)
        for ink in ("ink", "ink-2")
        for ground in ("canvas", "surface", "sunken")
    ),
    *(("ink-3", ground, TEXT) for ground in ("canvas", "surface", "sunken", "hover")),
    *(("dawn", ground, TEXT) for ground in ("canvas", "surface", "sunken")),
    ("ink", "dawn-bg", TEXT),
    ("ink", "rem-bg", TEXT),
    ("ink", "add-bg", TEXT),
    ("add", "add-bg", TEXT),
    ("rem", "rem-bg", TEXT),
    ("add", "surface", TEXT),
    ("rem", "surface", TEXT),
    ("rem", "canvas", TEXT),
    ("on-solid", "solid", TEXT),
    ("edge", "surface", CONTROL),
    ("edge", "canvas", CONTROL),
    ("dawn-edge", "surface", CONTROL),
    ("dawn-edge", "canvas", CONTROL),
]


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, 0 to 1 (WCAG 2.2)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_ratio_of_black_and_white_is_the_greatest():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == pytest.approx(1)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_what_is_to_be_read_stands_out(ink: str, ground: str, least: float, scheme: int):
    colours = [TOKENS[name].split(", ")[scheme] for name in (ink, ground)]
    assert contrast(*colours) >= least
