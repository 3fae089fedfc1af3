"""Rules that hold for every template, style and script; a breach is dead on the page or worse."""

import gzip
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.utils.translation import templatize

from tests.browser.atlas import DOORS, SHEETS, UNSEEN
from tests.translatable import unmarked, unwrapped

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = ROOT / "static"
SPRITE = frozenset(
    re.findall(r'<symbol id="i-([a-z0-9-]+)"', (STATIC / "img/icons.svg").read_text())
)
STYLES = "".join(path.read_text() for path in sorted((STATIC / "css").glob("*.css")))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
WORDED = sorted(
    path
    for room in ("agents", "reviews", "dreaming")
    for path in (ROOT / room).rglob("*.py")
    if path.name == "forms.py" or path.parent.name == "views"
)
"""Modules that say words of their own to people: forms, and what views flash."""

TEMPLATE_CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
TRANSLATED = re.compile(r"""\{% translate (?:"([^"]*)"|'([^']*)')[^%]*%\}""")
HANDED_ON = re.compile(r'_\("([^"]*)"\)')
# Quoted values may hold ">" once the template's own code is out.
TAG = re.compile(r"<([a-z][a-z0-9-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.DOTALL)
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)

DEAD_UNDER_CSP = {
    "a style attribute": r"<[^>]*\sstyle\s*=",
    "a style element": r"<style\b",
    "an event handler attribute": r"<[^>]*\son[a-z]+\s*=",
    "an hx-on attribute": r"\bhx-on\b",
    "an inline script": r"<script(?![^>]*\bsrc=)",
    "a javascript address": r"javascript:",
    "a value computed by htmx": r"\bjs:",
    "a filter on hx-trigger (counts as true without eval)": r'hx-trigger="[^"]*\[',
    "a morph with options (needs eval)": r"morph:\s*\{",
}
UNSAFE = {
    "text that is not escaped": r"\|\s*safe(seq)?\b|autoescape\s+off",
    "hx-boost (a whole page is never swapped in)": r"\bhx-boost\b",
    "a page of another site": r'(?:src|href|action)="(?:https?:)?//',
    "a comment everybody can read": r"<!--",
    "the morph extension on the whole page": r"<body[^>]*hx-ext",
}
UNWANTED_WORDS = re.compile(
    r"\b(successfully|are you sure|oops|please|compliant|tenants?|teams?|findings?|observations?"
    r"|polic(?:y|ies)|claim(?:s|ed|ing)?)\b",
    re.IGNORECASE,
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def words_of(source: str) -> str:
    """Return what a person may read of a template: text and labels, without code."""
    handed_on = HANDED_ON.findall(source)
    source = TRANSLATED.sub(lambda code: code[1] or code[2], source)
    plain = TEMPLATE_CODE.sub(" ", source)
    labels = re.findall(r'(?:aria-label|title|alt|placeholder|data-[a-z-]+)="([^"]*)"', plain)
    return " ".join([re.sub(r"<[^>]*>", " ", plain), *labels, *handed_on])


def tags_of(source: str) -> list[tuple[str, str]]:
    return TAG.findall(TEMPLATE_CODE.sub(" ", source))


every_template = pytest.mark.parametrize("path", TEMPLATES, ids=name_of)


def breaches(source: str) -> list[str]:
    """Return what of DEAD_UNDER_CSP and UNSAFE stands in a template."""
    plain = TEMPLATE_CODE.sub("", source)
    dead = [what for what, pattern in DEAD_UNDER_CSP.items() if re.search(pattern, plain)]
    return dead + [what for what, pattern in UNSAFE.items() if re.search(pattern, source)]


@every_template
def test_nothing_the_browser_would_refuse_to_run_and_nothing_unsafe(path) -> None:
    assert breaches(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ('<p class="a" style="color: red">', "a style attribute"),
        ("<style>p{}</style>", "a style element"),
        ('<a href="/" onclick="x()">', "an event handler attribute"),
        ('<a hx-on:click="x()">', "an hx-on attribute"),
        ("<script>x()</script>", "an inline script"),
        ('<a href="javascript:x()">', "a javascript address"),
        ("<a hx-vals='js:{a: b()}'>", "a value computed by htmx"),
        ('<i hx-trigger="click[ctrlKey]">', "a filter on hx-trigger (counts as true without eval)"),
        ('<i hx-swap="morph:{a: 1}">', "a morph with options (needs eval)"),
        ("{{ text|safe }}", "text that is not escaped"),
        ('<body hx-boost="true">', "hx-boost (a whole page is never swapped in)"),
        ('<img src="https://elsewhere.example/x.png">', "a page of another site"),
        ("<!-- note -->", "a comment everybody can read"),
        ('<body hx-ext="morph">', "the morph extension on the whole page"),
    ],
)
def test_each_rule_catches_what_it_is_for(source, what) -> None:
    assert breaches(source) == [what]


def test_every_rule_has_an_example() -> None:
    examples = test_each_rule_catches_what_it_is_for.pytestmark[0].args[1]
    assert {what for _, what in examples} == {*DEAD_UNDER_CSP, *UNSAFE}


@every_template
def test_every_template_compiles(path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


@every_template
def test_every_posted_form_carries_its_token(path) -> None:
    for form in FORM.findall(path.read_text()):
        if re.search(r'method="post"', form, re.IGNORECASE):
            assert "{% csrf_token %}" in form, f"{name_of(path)}: {form[:120]}"


@every_template
def test_every_request_says_how_its_answer_is_swapped(path) -> None:
    for tag, attributes in tags_of(path.read_text()):
        if re.search(r"\bhx-(get|post|put|delete)\b", attributes):
            assert "hx-swap" in attributes, f"{name_of(path)}: <{tag}{attributes[:120]}>"


@every_template
def test_every_request_stands_on_something_that_works_without_script(path) -> None:
    for tag, attributes in tags_of(path.read_text()):
        if "hx-post" in attributes:
            assert tag in {"form", "button", "textarea", "input", "select"}, f"{tag}{attributes}"
        if "hx-get" in attributes and tag == "a":
            assert "href=" in attributes, f"{name_of(path)}: <a{attributes[:120]}>"


@every_template
def test_a_poller_has_an_id_and_keeps_quiet(path) -> None:
    for _, attributes in tags_of(path.read_text()):
        if "data-poll" in attributes:
            assert re.search(r"\bid=", attributes)
            assert "data-quiet" in attributes


@every_template
def test_every_icon_is_in_the_sprite(path) -> None:
    for name in re.findall(r'\{% icon "([^"]+)"', path.read_text()):
        assert name in SPRITE, f"{name_of(path)} wants the icon {name}"


@every_template
def test_every_static_file_is_there(path) -> None:
    for name in re.findall(r"\{% static '([^']+)'", path.read_text()):
        assert (STATIC / name).is_file(), f"{name_of(path)} wants static/{name}"


@every_template
def test_every_class_is_styled(path) -> None:
    known = set(re.findall(r"\.([a-zA-Z][\w-]*)", STYLES))
    for _, attributes in tags_of(path.read_text()):
        for value in re.findall(r'(?<![\w-])class="([^"]*)"', attributes):
            assert set(value.split()) <= known, f"{name_of(path)}: class={value!r}"


@every_template
def test_every_picture_has_words_and_every_bare_button_a_type(path) -> None:
    for tag, attributes in tags_of(path.read_text()):
        assert tag != "img" or "alt=" in attributes, name_of(path)
        if tag == "button":
            assert "type=" in attributes or "aria-label" in attributes, (
                f"{name_of(path)}{attributes}"
            )


@every_template
def test_every_word_a_person_reads_can_be_translated(path) -> None:
    """Wrap it: {% translate "…" %}, {% blocktranslate trimmed %}, _("…") in a with or default."""
    assert unmarked(path.read_text()) == []


@every_template
def test_a_translator_is_shown_every_word(path) -> None:
    """What gettext's own reader finds in a template is what the template marks."""
    found = templatize(path.read_text(), origin=name_of(path))
    marked = re.findall(r"\{%\s*(?:translate|blocktranslate)\b", path.read_text())
    assert len(re.findall(r"gettext\(", found)) >= len(marked)


def test_every_page_is_in_the_atlas_or_has_a_reason_not_to_be() -> None:
    known = {sheet.name for sheet in SHEETS}
    assert set(DOORS) - known - set(UNSEEN) == set(), "add a Sheet to tests/browser/atlas.py"
    assert (known | set(UNSEEN)) - set(DOORS) == set(), "these no longer exist"
    assert known & set(UNSEEN) == set()


@pytest.mark.parametrize("path", WORDED, ids=name_of)
def test_every_word_of_a_form_and_every_flash_can_be_translated(path) -> None:
    assert unwrapped(path.read_text()) == []


@every_template
def test_the_words_are_facts_and_verbs(path) -> None:
    words = words_of(path.read_text())
    unwanted = UNWANTED_WORDS.search(words)
    assert unwanted is None, f"{name_of(path)} says {unwanted}"
    assert "!" not in words, name_of(path)


def test_a_fragment_is_named_as_the_element_it_replaces() -> None:
    for path in TEMPLATES:
        source = path.read_text()
        for name, body in re.findall(
            r"\{% partialdef (\w+) inline %\}(.*?)\{% endpartialdef", source, re.DOTALL
        ):
            first = TAG.search(TEMPLATE_CODE.sub("", body))
            assert first is not None
            assert f'id="{name}"' in body, f"{name_of(path)}: fragment {name} has no such id"


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_scripts_evaluate_nothing_and_reach_nobody(path) -> None:
    source = path.read_text()
    for banned in ("eval(", "Function(", "innerHTML", "insertAdjacentHTML", "document.write"):
        assert banned not in source
    assert re.search(r"https?://", source) is None
    assert re.search(r"^import ", source, re.MULTILINE) is None, "hashed names cannot be imported"


def test_styles_name_no_other_site_and_import_nothing() -> None:
    assert re.search(r"https?://|@import", STYLES) is None


def zipped(paths: Iterable[Path]) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)


def test_styles_stay_small() -> None:
    assert zipped((STATIC / "css").glob("*.css")) <= 16 * 1024


def test_own_scripts_stay_small() -> None:
    assert zipped(SCRIPTS) <= 10 * 1024


def test_a_first_page_brings_no_more_than_it_may() -> None:
    htmx = finders.find("django_htmx/htmx-2.min.js")
    assert isinstance(htmx, str)
    scripts = [*SCRIPTS, STATIC / "vendor/idiomorph-ext.min.js", Path(htmx)]
    assert zipped(scripts) <= 35 * 1024
    rest = zipped([*(STATIC / "css").glob("*.css"), STATIC / "img/icons.svg"])
    font = (STATIC / "fonts/inter-latin-wght-normal.woff2").stat().st_size
    assert zipped(scripts) + rest + font <= (130 - 15) * 1024


def test_vendored_files_are_what_their_list_says() -> None:
    rows = re.findall(
        r"^\| (\S+) \| .* \| ([0-9a-f]{64}) \|$",
        (STATIC / "vendor/VENDOR.md").read_text(),
        re.MULTILINE,
    )
    listed = dict(rows)
    there = {
        str(path.relative_to(STATIC))
        for folder in ("vendor", "fonts")
        for path in (STATIC / folder).iterdir()
        if path.suffix in {".js", ".woff2"}
    }
    assert set(listed) == there
    for name, sha256 in listed.items():
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == sha256, name


def test_every_licence_stands_beside_what_it_covers() -> None:
    for name in (
        "vendor/LICENSE-idiomorph.txt",
        "fonts/LICENSE-inter.txt",
        "img/LICENSE-lucide.txt",
    ):
        assert (STATIC / name).stat().st_size > 200


def test_no_page_of_the_sign_in_package_that_can_be_reached_runs_inline() -> None:
    """What allauth ships with inline code is replaced, or belongs to a feature that is off."""
    assert "webauthn" not in settings.MFA_SUPPORTED_TYPES
    assert not any("phone" in field for field in settings.ACCOUNT_SIGNUP_FIELDS)
    shipped = Path(allauth.__file__).parent / "templates"
    off = ("mfa/webauthn/", "account/phone_change", "account/signup", "idp/", "openid/")
    for path in sorted(shipped.rglob("*.html")):
        name = str(path.relative_to(shipped))
        if not name.startswith(("account/", "mfa/")) or name.startswith(off):
            continue
        source = path.read_text()
        if re.search(r"<script|<style|\sstyle=|\son[a-z]+=", source):
            assert (ROOT / "templates" / name).is_file(), f"{name} runs inline and is not replaced"
