"""Every page without script: it answers, has one heading and one main part, and its words show."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser

from tests.browser.atlas import SHEETS, demo_cast

pytestmark = pytest.mark.browser


def test_every_page_stands_without_script(
    browser: Browser, live_server: Any, transactional_db: None
) -> None:
    cast = demo_cast()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    who, wrong = "", []
    for sheet in SHEETS:
        if sheet.who != who:
            context.clear_cookies()
            who = sheet.who
            if who:
                sign_in(context.add_cookies, getattr(cast, who), live_server.url)
        answer = page.goto(live_server.url + sheet.address("full", cast))
        found = (page.locator("h1").count(), page.locator("main").count())
        if answer is None or answer.status != 200 or found != (1, 1):
            wrong.append(f"{sheet}: {answer and answer.status}, headings and main parts {found}")
        elif not page.locator("h1").is_visible():
            wrong.append(f"{sheet}: the heading is not seen")
    context.close()
    assert not wrong, "\n".join(wrong)


def sign_in(add_cookies: Callable[[Any], None], person: Any, url: str) -> None:
    """Be a person from now on."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])
