"""Shared parts and doors, light and dark, desk and phone: axe finds nothing, nothing sticks out."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.pages")]

WIDTHS = [320, 390, 800, 1280, 1920]
DOORS = ["/accounts/login/", "/accounts/password/reset/", "/t/parts/", "/t/item/1/", "/nowhere/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", DOORS)
def test_axe_finds_nothing_at_any_width(
    page, live_server, axe, fits, cspwatch, address, scheme
) -> None:
    cspwatch.expect("status of 404")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(live_server.url + address)
        fits(page)
        if width in {390, 1280}:
            axe(page)
