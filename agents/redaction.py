"""Secrets taken out of text before it is stored, and characters no database can store.

Only shapes that name themselves are known: issued prefixes, key blocks, credentials in addresses
and headers. There is no guessing by entropy, which takes ordinary English for secrets. Every rule
starts at a fixed text and reads a run of characters once, so hostile text costs linear time.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

REPLACEMENT = "\ufffd"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Span(NamedTuple):
    """Where a secret stood: `start` to `end` of its replacement, in the text without secrets."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without secrets, how many were removed, and where, in order."""

    text: str
    count: int
    spans: tuple[Span, ...]

    @property
    def by_kind(self) -> Mapping[str, int]:
        """How many secrets of each kind were removed."""
        return Counter(span.kind for span in self.spans)


@dataclass(frozen=True, slots=True)
class Rule:
    """One shape. `find` yields where secrets stand; it runs only where `trigger` is in the text."""

    kind: str
    trigger: str
    find: Callable[[str], Iterator[tuple[int, int]]]

    @property
    def mark(self) -> str:
        """What stands where a secret stood."""
        return f"[secret removed: {self.kind}]"


def replace_secrets(text: str) -> Redacted:
    """Return the text with every known secret replaced by `[secret removed: <kind>]`.

    Where shapes overlap (a JWT in a Bearer header) one replacement covers them all and has the
    kind that stands first in RULES. Applying it twice changes nothing. Linear in the text.
    """
    found = [
        (start, end, rank)
        for character, ranked in BY_CHARACTER
        if character in text
        for rank, rule in ranked
        if rule.trigger in text
        for start, end in rule.find(text)
    ]
    if not found:
        return Redacted(text, 0, ())
    pieces: list[str] = []
    spans: list[Span] = []
    read = length = 0
    marks = [(rule.kind, rule.mark) for rule in RULES]
    for start, end, rank in _join_overlaps(sorted(found)):
        kind, mark = marks[rank]
        place = length + start - read
        length = place + len(mark)
        spans.append(Span(place, length, kind))
        pieces += text[read:start], mark
        read = end
    return Redacted("".join([*pieces, text[read:]]), len(spans), tuple(spans))


def replace_unstorable(text: str) -> tuple[str, int]:
    """Return the text with NUL and lone surrogates as U+FFFD, and how many there were.

    PostgreSQL stores neither in text, and UTF-8 has no form for a surrogate.
    """
    if text.isascii() and "\0" not in text:
        return text, 0
    return UNSTORABLE.subn(REPLACEMENT, text)


def _join_overlaps(found: list[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield places (start, end, rank) in order, those that overlap as one of the lowest rank."""
    start, end, rank = found[0]
    for next_start, next_end, next_rank in found[1:]:
        if next_start < end:
            end, rank = max(end, next_end), min(rank, next_rank)
        else:
            yield start, end, rank
            start, end, rank = next_start, next_end, next_rank
    yield start, end, rank


def _shape(kind: str, trigger: str, pattern: str) -> Rule:
    """Return a rule for a pattern; its group 1 is the secret, without groups the whole of it."""
    compiled = re.compile(pattern)
    group = 1 if compiled.groups else 0
    return Rule(kind, trigger, lambda text: (hit.span(group) for hit in compiled.finditer(text)))


def _token(kind: str, trigger: str, prefix: str, body: str, word: str = r"\w-") -> Rule:
    """Return a rule for a prefix of fixed width and a body, that are no part of a longer word.

    The look-behind stands after the prefix so that the search can jump to the prefix's letters. It
    lets through the escapes of JSON inside a text, whose last letter is no part of the word.
    `word` has to hold every character of an unbounded body: then no run is read twice.
    """
    edge = rf"(?:(?<![{word}]{prefix})|(?<=\\[nrt]{prefix}))"
    return _shape(kind, trigger, rf"(?a:{prefix}{edge}{body})")


KEY_START = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{32}")
# Lines of base64 after a start whose end was cut off, and a last shorter line where the text ends
# or padding shows that it is one. Inside JSON a line's end is a backslash and an n.
# No group is repeated possessively here: before Python 3.11.5 that takes an iteration back in part.
KEY_LINES = re.compile(
    r"(?:\s|\\[nr])*[A-Za-z0-9+/=]{32,}(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]{32,})*"
    r"""(?:(?:\s|\\[nr])+[A-Za-z0-9+/]+(?:=+|(?=["'}\s]*\Z)))?"""
)


def _find_private_keys(text: str) -> Iterator[tuple[int, int]]:
    """Yield key blocks; a mention of the marks without a key between them is none."""
    for start in KEY_START.finditer(text):
        dashes = text.find("-----", start.end())
        end = KEY_END.match(text, dashes) if dashes >= 0 else None
        if end and KEY_LINE.search(text, start.end(), dashes):
            yield start.start(), end.end()
        elif not end and (lines := KEY_LINES.match(text, start.end())):
            yield start.start(), lines.end()


QUOTE = r"""[\\"']{0,4}"""
ASSIGNED = rf"{QUOTE}\s{{0,8}}[:=]\s{{0,8}}{QUOTE}"
# A password ends at the last @ before the address goes on; a variable's name is no password.
USERINFO = r"""[^\s/:@?#"'<>\\`]*+:((?![$%{*\[])[^\s/?#"'<>\\`]{3,})@"""
HAS_DIGIT = r"(?=[A-Za-z_-]*+[0-9])"

RULES = (
    Rule("private key", "PRIVATE KEY", _find_private_keys),
    _token("Anthropic key", "sk-ant-", "sk-ant-", r"[\w-]{10,}"),
    _token("OpenAI key", "sk-proj-", "sk-proj-", rf"{HAS_DIGIT}[\w-]{{20,}}"),
    _token("OpenAI key", "sk-svcacct-", "sk-svcacct-", rf"{HAS_DIGIT}[\w-]{{20,}}"),
    _token("OpenAI key", "sk-admin-", "sk-admin-", rf"{HAS_DIGIT}[\w-]{{20,}}"),
    _token("OpenRouter key", "sk-or-v1-", "sk-or-v1-", r"[0-9a-f]{32,}"),
    _token("OpenAI key", "sk-", "sk-", rf"{HAS_DIGIT}[A-Za-z0-9]{{32,}}"),
    _token("Daybreak token", "dbk_", "dbk_", r"[\w-]{16,}"),
    _token("AWS access key", "AKIA", "AKIA", r"[A-Z0-9]{16}(?![A-Za-z0-9])", "A-Za-z0-9"),
    _token("AWS access key", "ASIA", "ASIA", r"[A-Z0-9]{16}(?![A-Za-z0-9])", "A-Za-z0-9"),
    *(
        _token("GitHub token", f"gh{kind}_", f"gh{kind}_", "[A-Za-z0-9]{36,}", "A-Za-z0-9")
        for kind in "pousr"
    ),
    _token("GitHub token", "github_pat_", "github_pat_", r"\w{40,}"),
    *(
        _token("GitLab token", f"gl{kind}-", f"gl{kind}-", r"[\w-]{20,}")
        for kind in ("pat", "ptt", "cbt", "imt", "oas", "dt", "rt", "ft")
    ),
    _token("Slack token", "xox", "xox[abeoprs]-", "[0-9][A-Za-z0-9-]{9,}"),
    _token("Slack token", "xapp-", "xapp-", "[0-9]-[A-Za-z0-9-]{20,}"),
    _shape(
        "Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows)/([\w/]{20,})"
    ),
    _token("Stripe key", "k_live_", "[rs]k_live_", "[A-Za-z0-9]{16,}", "A-Za-z0-9"),
    _token("Stripe key", "k_test_", "[rs]k_test_", "[A-Za-z0-9]{16,}", "A-Za-z0-9"),
    _token("Stripe key", "whsec_", "whsec_", "[A-Za-z0-9+/]{24,}={0,2}", "A-Za-z0-9+/"),
    _token("Google key", "AIza", "AIza", r"[\w-]{35}"),
    _token("Google key", "GOCSPX-", "GOCSPX-", r"[\w-]{24,}"),
    _token("Google token", "ya29.", r"ya29\.", r"[\w-]{20,}"),
    _token("npm token", "npm_", "npm_", "[A-Za-z0-9]{36,}", "A-Za-z0-9"),
    _token("PyPI token", "pypi-", "pypi-Ag", r"[\w-]{50,}"),
    _token("Hugging Face token", "hf_", "hf_", "[A-Za-z0-9]{30,}", "A-Za-z0-9"),
    _token("SendGrid key", "SG.", r"SG\.", r"[\w-]{16,}+\.[\w-]{16,}"),
    _token("JWT", "eyJ", "eyJ", r"[\w-]{5,}+\.eyJ[\w-]{5,}+\.[\w-]*"),
    _shape(
        "AWS secret key",
        "ecret",
        rf"(?i:ecret_?access_?key){ASSIGNED}([A-Za-z0-9/+=]{{40}})(?![A-Za-z0-9/+=])",
    ),
    _shape("AWS secret key", "ECRET", rf"ECRET_?ACCESS_?KEY{ASSIGNED}([A-Za-z0-9/+=]{{40}})"),
    _shape("Azure storage key", "AccountKey=", "AccountKey=([A-Za-z0-9+/=]{60,})"),
    _shape("URL password", "://", f"://{USERINFO}"),
    _shape("URL password", r":\/\/", rf":\\/\\/{USERINFO}"),
    _shape(
        "authorization header",
        "asic ",
        rf"[Aa]uthorization{ASSIGNED}[Bb]asic\s{{1,8}}([A-Za-z0-9+/=]{{8,}})",
    ),
    _shape(
        "bearer token",
        "earer",
        r"[Bb]earer[ \t]{1,8}((?=[A-Za-z._~+/=-]*+[0-9])[A-Za-z0-9._~+/=-]{20,})",
    ),
)
"""Every known shape, the more telling kinds first."""

RAREST_FIRST = "ZQXJKVYWUGBPFMHDCLNRISOATE0123456789_\\=.:-/zqxjkvbpygfwmucldrhsnioate "


def _by_character() -> tuple[tuple[str, tuple[tuple[int, Rule], ...]], ...]:
    """Group the rules by the rarest character of their triggers: most texts have few of them."""
    groups: dict[str, list[tuple[int, Rule]]] = {}
    for rank, rule in enumerate(RULES):
        groups.setdefault(min(rule.trigger, key=RAREST_FIRST.index), []).append((rank, rule))
    return tuple((character, tuple(ranked)) for character, ranked in groups.items())


BY_CHARACTER = _by_character()
