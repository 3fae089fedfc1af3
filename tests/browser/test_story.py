"""The whole story on the demo, in a browser: decided, applied, read, rolled back, taken out."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dreaming.demo.company import ANA, CLAIMS, DEEPA, JONAS, MARTA, TOM
from tests.browser.conftest import Watch
from tests.browser.office import Office, Reader, Waiting, copy_of, fill

pytestmark = [pytest.mark.browser, pytest.mark.processes]
Look = Callable[[Page], None]
TOLD = ("annual limit", "no rate is published", "currency code", "list_payments")
"""What waits for a decision about claims, by words of its text."""
OWN_WORDS = "Send the day of treatment as treatment_date whenever an amount is in francs.\n"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo whose dreams have ended; stories work on copies."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    fill(folder)
    return folder


@pytest.fixture
def office(filled: Path, tmp_path: Path, browser: Browser, cspwatch: Watch) -> Iterator[Office]:
    """The demo, served."""
    made = Office(copy_of(filled, tmp_path / "data"), browser, cspwatch)
    made.serve()
    yield made
    made.close()


@pytest.fixture
def plain_office(office: Office) -> Office:
    """The same demo for browsers without script."""
    office.script = False
    return office


def open_proposal(page: Page, office: Office, proposal: Waiting) -> None:
    """Open a proposal by its row of the queue, which may be folded under its kin."""
    page.goto(f"{office.url}/review/")
    row = f"#row-P-{proposal.number}"
    kin = page.locator(f"details.kin:not([open]):has({row})")
    if kin.count():
        kin.locator("summary").click()
    page.locator(row).click()
    expect(page.locator(f"#pane[data-row=row-P-{proposal.number}]")).to_be_visible()


def issue_token(page: Page, office: Office, look: Look) -> str:
    """Issue a token for the agent as an admin does and return its secret, shown once."""
    page.goto(f"{office.url}/tokens/")
    look(page)
    page.get_by_label("Label").fill("claims pipeline")
    page.get_by_label("Agent", exact=True).select_option(CLAIMS.slug)
    page.locator("input[name=scopes][value='memory:read']").check()
    page.get_by_role("button", name="Issue token").click()
    secret = page.locator("code.secret").inner_text()
    look(page)
    return secret


def open_against(page: Page) -> None:
    """Open each quote that speaks against the change: before that an approval does not count."""
    address = page.url
    left = page.locator("article.ev:has(.rel.against):has(use[href$='#i-eye-off'])")
    while left.count():
        with page.expect_response(re.compile("/evidence/")):
            left.first.get_by_role("link", name="Show the turns around it").click()
        page.goto(address)


def approve(page: Page, proposal: Waiting) -> None:
    open_against(page)
    page.get_by_role("button", name="Approve change").click()
    expect(page.locator("#toasts")).to_contain_text(f"P-{proposal.number} approved.")


def reject(page: Page, proposal: Waiting, reason: str) -> None:
    """Reject what is open, in the dialog or on the page that stands in for it."""
    page.get_by_role("link", name="Reject").click()
    page.get_by_label("Says what memory says already").check()
    page.get_by_label("In your words").fill(reason)
    page.get_by_role("button", name="Reject change").click()
    expect(page.locator("#toasts")).to_contain_text(f"P-{proposal.number} rejected.")


def send_back(page: Page, proposal: Waiting) -> None:
    """Send back what is open, in the dialog or on the page that stands in for it."""
    page.get_by_role("link", name="Request changes").first.click()
    page.get_by_label("What should change").fill("Only for invoices that come a second time.")
    page.get_by_role("button", name="Send back").click()
    expect(page.locator("#toasts")).to_contain_text(f"P-{proposal.number} is sent back.")


def ask_for_changes(page: Page, office: Office, proposal: Waiting, look: Look) -> None:
    """Send a proposal back in the dialog, and see it said on its page and on its dream's."""
    open_proposal(page, office, proposal)
    page.get_by_role("link", name="Request changes").click()
    look(page)
    page.get_by_role("button", name="Cancel").click()
    send_back(page, proposal)
    page.goto(f"{office.url}/review/P-{proposal.number}/")
    expect(page.locator("#pane")).to_contain_text("The next dream over this memory reads your note")
    look(page)
    page.get_by_role("link", name="D-2").click()
    expect(page.locator("main")).to_contain_text("sent back")
    look(page)


def edit(page: Page, proposal: Waiting, text: str, look: Look) -> None:
    page.get_by_role("link", name="Edit").first.click()
    mine = page.get_by_label("Your version of")
    expect(mine).to_have_value(proposal.text)
    mine.fill(text)
    page.get_by_label("What you changed and why").fill("It says which field the tool wants.")
    look(page)
    page.get_by_role("button", name="Submit edited version").click()
    expect(page.locator("body")).to_contain_text(f"Revision 2 of P-{proposal.number} is submitted")
    expect(page.get_by_role("button", name="Approve change")).to_be_disabled()


def open_first_quote(page: Page) -> None:
    """Open the quote that stands first, whatever its number."""
    first = page.locator("article.ev").first.get_attribute("id")
    page.get_by_role("link", name="Show the turns around it").first.click()
    expect(page.locator(f"#{first}[aria-current=true]")).to_be_visible()


def read_evidence(page: Page) -> None:
    """Open the first quote where it stands in its session."""
    open_first_quote(page)
    expect(page.locator(".side-head")).to_contain_text(re.compile(r"1 of \d+ opened"))


def roll_back(page: Page, office: Office, release: str, look: Look) -> None:
    """Go back to `release` on the agent's page."""
    page.goto(f"{office.url}/agents/{CLAIMS.slug}/")
    look(page)
    page.get_by_text(f"Roll back… to {release}", exact=True).click()
    page.get_by_label("Reason").locator("visible=true").fill("Amounts in francs went wrong today.")
    look(page)
    page.get_by_role("button", name=f"Roll back to {release}").click()
    expect(page.locator("#toasts")).to_contain_text("Another person confirms it in 48 h.")
    look(page)


def export_history(page: Page, office: Office, look: Look) -> tuple[str, dict]:
    """Take the history out; return the SHA-256 of the downloaded file, and its manifest."""
    page.goto(f"{office.url}/audit/")
    look(page)
    page.get_by_role("button", name="Verify now").click()
    expect(page.locator("#toasts")).to_contain_text("Verified: sound.")
    expect(page.locator(".sound")).to_be_visible()
    page.get_by_role("link", name="Export history").click()
    look(page)
    page.get_by_role("button", name="Make export").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    look(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("^File")).click()
    sha256 = hashlib.sha256(Path(download.value.path()).read_bytes()).hexdigest()
    href = page.get_by_role("link", name=re.compile("^Manifest")).get_attribute("href")
    manifest = page.request.get(office.installation.url + str(href))
    return sha256, json.loads(manifest.body())


def test_what_people_decide_is_what_sessions_read_until_a_lead_goes_back(
    office: Office, axe: Look, cspwatch: Watch
):
    first, second, third, fourth = office.about(*TOLD)
    agent = Reader(office.installation.url, issue_token(office.let_in(MARTA), office, axe))
    before = agent.begin()
    assert not any(one.phrase in before.text for one in (first, second, third, fourth))

    ana = office.let_in(ANA)
    open_proposal(ana, office, first)
    axe(ana)
    read_evidence(ana)
    axe(ana)
    assert agent.begin().sha256 == before.sha256
    approve(ana, first)
    axe(ana)
    learned = agent.begin_after(before, lambda read: first.phrase in read.text)
    assert agent.ask(before.session) == before

    open_proposal(ana, office, second)
    edit(ana, second, OWN_WORDS, axe)
    axe(ana)
    assert agent.begin().sha256 == learned.sha256
    jonas = office.let_in(JONAS)
    open_proposal(jonas, office, second)
    axe(jonas)
    approve(jonas, second)
    edited = agent.begin_after(learned, lambda read: OWN_WORDS.strip() in read.text)
    assert first.phrase in edited.text
    assert second.phrase not in edited.text
    assert agent.ask(learned.session) == learned

    open_proposal(ana, office, third)
    tab = office.open_tab(ana.context)
    open_proposal(tab, office, third)
    ana.get_by_role("link", name="Reject").click()
    axe(ana)
    ana.get_by_role("button", name="Cancel").click()
    reject(ana, third, "The tone of letters says so.")
    assert agent.begin().sha256 == edited.sha256

    ask_for_changes(ana, office, fourth, axe)
    assert agent.begin().sha256 == edited.sha256

    cspwatch.expect("status of 409")
    tab.get_by_role("button", name="Approve change").click()
    expect(tab.locator("#pane")).to_contain_text("Your decision was not recorded.")
    expect(tab.get_by_role("button", name="Approve change")).to_have_count(0)
    axe(tab)
    assert agent.begin().sha256 == edited.sha256

    roll_back(office.let_in(DEEPA), office, learned.release, axe)
    back = agent.begin_after(edited, lambda read: OWN_WORDS.strip() not in read.text)
    assert back.text == learned.text
    assert agent.ask(edited.session) == edited
    assert agent.ask(before.session) == before

    sha256, manifest = export_history(office.let_in(TOM), office, axe)
    assert sha256 == manifest["sha256"]
    assert "Sound." in office.installation.manage("audit_verify")


def test_without_script_people_approve_edit_and_reject_by_plain_forms(plain_office: Office):
    office = plain_office
    first, second, third, fourth = office.about(*TOLD)
    ana = office.let_in(ANA)
    open_proposal(ana, office, first)
    open_first_quote(ana)
    ana.go_back()
    approve(ana, first)
    open_proposal(ana, office, second)
    edit(ana, second, OWN_WORDS, lambda _page: None)
    jonas = office.let_in(JONAS)
    open_proposal(jonas, office, second)
    approve(jonas, second)
    open_proposal(ana, office, third)
    reject(ana, third, "The tone of letters says so.")
    open_proposal(ana, office, fourth)
    send_back(ana, fourth)
    left = {one.number for one in office.waiting()}
    assert not left & {first.number, second.number, third.number, fourth.number}
    assert "Sound." in office.installation.manage("audit_verify")
