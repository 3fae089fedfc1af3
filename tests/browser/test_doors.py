"""Coming in: password, second factor, recovery codes, a forgotten password, a theme."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import Page, expect

from agents.models import Person
from tests import build
from tests.browser.conftest import Watch
from tests.cast import Cast

pytestmark = pytest.mark.browser


@pytest.fixture
def reviewer(cast: Cast, transactional_db: None) -> Person:
    """A reviewer whose address is confirmed, and no tries counted yet."""
    cache.clear()
    person = cast.reviewer
    EmailAddress.objects.update_or_create(
        user=person, email=person.email, defaults={"verified": True, "primary": True}
    )
    return person


@pytest.fixture
def come_in(page: Page, live_server: Any) -> Callable[[Person, str], None]:
    def sign(person: Person, password: str = build.PASSWORD) -> None:
        page.goto(f"{live_server.url}/accounts/login/")
        page.get_by_label("Work e-mail").fill(person.email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()

    return sign


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now for a secret."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_a_password_opens_the_door_and_the_menu_names_the_person(
    page: Page, reviewer: Person, come_in: Callable[..., None]
) -> None:
    come_in(reviewer)
    page.locator("details.menu.end-side summary").click()
    expect(page.locator(".who")).to_contain_text(reviewer.email)


def test_a_wrong_password_is_told_beside_the_form(
    page: Page, reviewer: Person, come_in: Callable[..., None], axe: Callable[[Page], None]
) -> None:
    come_in(reviewer, "not-the-password")
    expect(page.locator(".errorlist")).to_be_visible()
    expect(page.get_by_label("Work e-mail")).to_have_value(reviewer.email)
    axe(page)


def test_signing_out_needs_one_press(
    page: Page, reviewer: Person, come_in: Callable[..., None], live_server: Any
) -> None:
    come_in(reviewer)
    page.locator("details.menu.end-side summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(live_server.url)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_second_factor_is_set_up_asked_for_and_replaced_by_a_recovery_code(
    page: Page,
    reviewer: Person,
    come_in: Callable[..., None],
    live_server: Any,
    axe: Callable[[Page], None],
) -> None:
    come_in(reviewer)
    page.goto(f"{live_server.url}/accounts/2fa/")
    axe(page)
    page.get_by_role("link", name="Set up").click()
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    axe(page)
    page.get_by_label("Password").fill(build.PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    picture = page.get_by_alt_text("QR code of the key below")
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.naturalWidth > 0")
    axe(page)
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Turn on").click()
    codes = page.get_by_label("Unused recovery codes")
    expect(codes).to_be_visible()
    axe(page)
    recovery = codes.inner_text().split()
    assert len(recovery) == 10

    page.context.clear_cookies()
    come_in(reviewer)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    axe(page)
    page.locator("input[name=code]").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".errorlist")).to_be_visible()
    page.locator("input[name=code]").fill(recovery[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("details.menu.end-side")).to_be_visible()


def test_a_forgotten_password_is_set_by_a_link_that_works_once(
    page: Page, reviewer: Person, come_in: Callable[..., None], live_server: Any
) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_role("link", name="I cannot sign in").click()
    page.get_by_label("Email").fill(reviewer.email)
    page.get_by_role("button", name="Send link").click()
    expect(page.get_by_role("heading", name="Link sent")).to_be_visible()
    link = re.search(r"http\S+/accounts/password/reset/key/\S+", str(mail.outbox[-1].body))
    assert link is not None
    page.goto(link[0])
    fields = page.locator("input[type=password]")
    fields.nth(0).fill("a-new-long-password")
    fields.nth(1).fill("a-new-long-password")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("heading", name="Password set")).to_be_visible()
    come_in(reviewer, "a-new-long-password")
    expect(page.locator("details.menu.end-side")).to_be_visible()
    page.context.clear_cookies()
    page.goto(link[0])
    expect(page.get_by_role("heading", name="does not work any more")).to_be_visible()


def test_the_theme_is_chosen_without_script_and_stays(
    page: Page, reviewer: Person, come_in: Callable[..., None]
) -> None:
    come_in(reviewer)
    page.locator("details.menu.end-side summary").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.locator("html")).to_have_class("theme-dark")
    page.reload()
    expect(page.locator("html")).to_have_class("theme-dark")


def test_too_small_a_window_still_reaches_every_page(
    page: Page, cast: Cast, sign_in: Callable[[Person], None], live_server: Any, cspwatch: Watch
) -> None:
    sign_in(cast.admin)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{live_server.url}/w/{cast.workspace.slug}/people/")
    menu = page.locator("details.menu.narrow")
    menu.locator("summary").click()
    expect(menu.get_by_role("link", name="People")).to_be_visible()
    assert cspwatch.unexpected() == []
