import gzip
import json
import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.redaction import RULES, Span, replace_secrets, replace_unstorable
from tests import pack

LETTERS = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF"
"""32 characters as secrets have them; joined below, so that no whole secret stands in this file."""

UPPER = LETTERS.upper()
HEX = "0123456789abcdef" * 4
LINES = "\n".join([LETTERS * 2] * 3)
DASHES = "-" * 5


def key_block(label: str = "RSA PRIVATE KEY", lines: str = LINES) -> str:
    return f"{DASHES}BEGIN {label}{DASHES}\n{lines}\n{DASHES}END {label}{DASHES}"


SECRETS = [
    ("AKIA" + UPPER[:16], "AWS access key"),
    ("ASIA" + UPPER[:16], "AWS access key"),
    ("ghp_" + LETTERS + "abcd", "GitHub token"),
    ("gho_" + LETTERS + "abcd", "GitHub token"),
    ("ghs_" + LETTERS * 2, "GitHub token"),
    ("github_pat_" + LETTERS[:22] + "_" + LETTERS * 2, "GitHub token"),
    ("glpat-" + LETTERS[:20], "GitLab token"),
    ("gldt-" + LETTERS[:20], "GitLab token"),
    ("glrt-t1_" + LETTERS[:20], "GitLab token"),
    ("xoxb-" + "1" * 12 + "-" + "2" * 12 + "-" + LETTERS[:24], "Slack token"),
    ("xoxp-" + "1" * 12 + "-" + LETTERS, "Slack token"),
    ("xapp-1-A0123-" + "4" * 12 + "-" + HEX, "Slack token"),
    ("sk_live_" + LETTERS[:24], "Stripe key"),
    ("rk_test_" + LETTERS[:24], "Stripe key"),
    ("whsec_" + LETTERS, "Stripe key"),
    ("AIza" + LETTERS + "x-_", "Google key"),
    ("GOCSPX-" + LETTERS[:28], "Google key"),
    ("ya29." + LETTERS, "Google token"),
    ("sk-ant-api03-" + LETTERS * 2 + "-_AA", "Anthropic key"),
    ("sk-ant-oat01-" + LETTERS, "Anthropic key"),
    ("sk-" + LETTERS + LETTERS[:16], "OpenAI key"),
    ("sk-proj-" + LETTERS + "_-" + LETTERS, "OpenAI key"),
    ("sk-svcacct-" + LETTERS, "OpenAI key"),
    ("sk-admin-" + LETTERS, "OpenAI key"),
    ("sk-or-v1-" + HEX, "OpenRouter key"),
    ("dbk_" + LETTERS, "Daybreak token"),
    ("npm_" + LETTERS + "abcd", "npm token"),
    ("pypi-AgEIcHlwaS5vcmc" + LETTERS * 2, "PyPI token"),
    ("hf_" + LETTERS + "ab", "Hugging Face token"),
    ("SG." + LETTERS[:22] + "." + LETTERS + LETTERS[:11], "SendGrid key"),
    ("eyJ" + LETTERS + ".eyJ" + LETTERS + "." + LETTERS, "JWT"),
    ("eyJ" + LETTERS + ".eyJ" + LETTERS + ".", "JWT"),
    (key_block(), "private key"),
    (key_block("PRIVATE KEY"), "private key"),
    (key_block("OPENSSH PRIVATE KEY"), "private key"),
    (key_block("PGP PRIVATE KEY BLOCK"), "private key"),
    (key_block("EC PRIVATE KEY", LETTERS * 2), "private key"),
    (
        key_block(lines=f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A\n\n{LINES}"),
        "private key",
    ),
    (key_block().replace("\n", "\\n"), "private key"),
]

ids = [f"{kind} {secret[:12]!r}" for secret, kind in SECRETS]
SURROUNDINGS = [
    ("", ""),
    ("The key is ", " and it works."),
    ("KEY=", "\n"),
    ('{"key": "', '"}'),
    ("first\\n", "\\nlast"),
    ("(", ")"),
    ("`", "`"),
    ("é", "é"),
]


@pytest.mark.parametrize(("secret", "kind"), SECRETS, ids=ids)
@pytest.mark.parametrize(("before", "after"), SURROUNDINGS)
def test_a_secret_is_removed_and_nothing_else(secret, kind, before, after):
    redacted = replace_secrets(f"{before}{secret}{after}")
    assert redacted.text == f"{before}[secret removed: {kind}]{after}"


@pytest.mark.parametrize(("secret", "kind"), SECRETS, ids=ids)
def test_a_secret_is_counted_by_its_kind(secret, kind):
    redacted = replace_secrets(f"{secret} {secret}")
    assert (redacted.count, redacted.by_kind) == (2, {kind: 2})


IN_CONTEXT = [
    ("aws_secret_access_key = {}", LETTERS + "abc/+def", "AWS secret key"),
    ("AWS_SECRET_ACCESS_KEY={}", LETTERS + "abc/+def", "AWS secret key"),
    ('"SecretAccessKey": "{}",', LETTERS + "abc/+def", "AWS secret key"),
    ('{{\\"SecretAccessKey\\": \\"{}\\"}}', LETTERS + "abc/+def", "AWS secret key"),
    ("AccountName=a;AccountKey={};Suffix=b", LETTERS * 2 + "ab==", "Azure storage key"),
    ("postgres://app:{}@db.example:5432/app", "hunter2", "URL password"),
    ("redis://:{}@cache:6379", "s3cret", "URL password"),
    ("see https://ann:{}@example.org/x?y=z", "p@ss:word", "URL password"),
    ('"https:\\/\\/ann:{}@example.org"', "hunter2", "URL password"),
    ("Authorization: Bearer {}", LETTERS, "bearer token"),
    ('{{"authorization": "bearer {}"}}', LETTERS + "=", "bearer token"),
    ("Authorization: Basic {}", "YW5uOmh1bnRlcjI=", "authorization header"),
    ('\\"Authorization\\": \\"Basic {}\\"', "YW5uOmh1bnRlcjI=", "authorization header"),
    ("https://hooks.slack.com/services/{}", "T0123/B0123/" + LETTERS, "Slack webhook"),
]


@pytest.mark.parametrize(("context", "secret", "kind"), IN_CONTEXT)
def test_only_the_secret_part_of_its_surroundings_is_removed(context, secret, kind):
    redacted = replace_secrets(context.format(secret))
    assert redacted.text == context.format(f"[secret removed: {kind}]")


@pytest.mark.parametrize("line_end", ["\n", "\\n", "\r\n"])
@pytest.mark.parametrize(
    ("last", "rest"),
    [
        ("", ""),
        ("\n" + LETTERS[:20], ""),
        ("\n" + LETTERS[:20], '"}'),
        ("\n" + LETTERS[:20] + "==", " and it works."),
        ("", " and it works."),
        ("", "\n\nAnd it works."),
    ],
)
def test_a_key_whose_end_was_cut_off_is_removed(line_end, last, rest):
    block = f"{key_block().rsplit(chr(10), 1)[0]}{last}".replace("\n", line_end)
    assert (
        replace_secrets(f"Key: {block}{rest}").text == f"Key: [secret removed: private key]{rest}"
    )


def test_a_jwt_in_a_header_is_one_secret_of_the_more_telling_kind():
    jwt = f"eyJ{LETTERS}.eyJ{LETTERS}.{LETTERS}"
    redacted = replace_secrets(f"Authorization: Bearer {jwt}")
    assert redacted.text == "Authorization: Bearer [secret removed: JWT]"


def test_spans_tell_where_the_replacements_stand():
    redacted = replace_secrets(f"a {SECRETS[0][0]} b {SECRETS[2][0]}")
    assert [redacted.text[span.start : span.end] for span in redacted.spans] == [
        "[secret removed: AWS access key]",
        "[secret removed: GitHub token]",
    ]
    assert redacted.spans[0] == Span(2, 34, "AWS access key")


BENIGN = [
    "",
    "The key lesson is to run tests first.",
    "Ask the risk desk: task-management, disk-usage and mask-wearing are on the to-do list.",
    "sk-learn and sk-proj are not keys; neither is sk-learn-contrib-extensions-for-everybody",
    "She was the bearer of good news, a standard-bearer internationalization-and-localization.",
    "Bearer authentication is described in RFC 6750. Use `Bearer <token>` or Bearer $TOKEN.",
    "Basic understanding of Authorization: read the Basic chapter.",
    "Authorization: Basic is deprecated",
    "AKIA is the prefix of AWS keys, e.g. AKIA....",
    "AKIA" + UPPER[:16] + "TOOLONG",
    "XAKIA" + UPPER[:16],
    "ghp_ghp_ghp_ and ghp_short",
    "glad-hearted, glossy-finish-and-other-nice-things-to-have, glpat-short",
    "xoxo-hugs-and-kisses-for-everybody-here",
    "npm_config_registry=https://registry.example.org npm_lifecycle_event=test",
    "pypi-attestations-is-a-package-with-quite-a-long-name-and-then-some-more-of-it-0.0.21",
    "hf_hub_download(repo_id, filename)",
    "eyJ is how base64 of a JSON object begins; eyJhbGciOiJIUzI1NiJ9 is a header alone",
    "See https://example.org:8443/path?email=ann@example.org and http://localhost:8000/@ann",
    "http://localhost:8000?email=ann@example.org http://host:80#a@b",
    "git@github.com:acme/shop.git ssh://git@github.com:22/acme/shop.git",
    "https://user@example.org:443/ mailto:ann@example.org",
    "postgres://app:$PASSWORD@db/app postgres://app:${PW}@db redis://:%s@host http://a:{pw}@b",
    "postgres://app:***@db/app",
    f"A key file starts with {DASHES}BEGIN PRIVATE KEY{DASHES} and ends with the same words.",
    f"{DASHES}BEGIN PRIVATE KEY{DASHES} goes first, {DASHES}END PRIVATE KEY{DASHES} last.",
    f"{DASHES}BEGIN PUBLIC KEY{DASHES}\n{LINES}\n{DASHES}END PUBLIC KEY{DASHES}",
    f"{DASHES}BEGIN CERTIFICATE{DASHES}\n{LINES}\n{DASHES}END CERTIFICATE{DASHES}",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b changed aws_secret_access_key handling",
    "aws_secret_access_key = <your key here>",
    "The SHA-256 is e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.",
    "id 550e8400-e29b-41d4-a716-446655440000, order #W2378156, call_oIHazX6yQrB8hUwl4cRilFKj",
    "certificate_7504069 credit_card_4421486 gift_card_8190333 mia_li_3668",
    "pk_live_ keys are published; sk_live_ alone is a prefix",
    "dbk_ is how our tokens begin",
    "SG. is short for Singapore. SG.example.org is a host",
    "AccountKey=short",
    "ya29.com",
]


@pytest.mark.parametrize("text", BENIGN)
def test_what_only_looks_like_a_secret_stays(text):
    redacted = replace_secrets(text)
    assert (redacted.text, redacted.count, redacted.spans) == (text, 0, ())


SECRET_TEXTS = [secret for secret, _ in SECRETS] + [
    context.format(secret) for context, secret, _ in IN_CONTEXT
]
PIECES = st.lists(st.sampled_from(SECRET_TEXTS) | st.text(max_size=10), max_size=6).map(" ".join)


@given(PIECES)
def test_removing_twice_changes_nothing(text):
    once = replace_secrets(text)
    assert replace_secrets(once.text).text == once.text


@given(PIECES)
def test_spans_are_in_order_and_apart(text):
    redacted = replace_secrets(text)
    places = [place for span in redacted.spans for place in (span.start, span.end)]
    assert places == sorted(places)
    assert redacted.count == len(redacted.spans) == sum(redacted.by_kind.values())


@given(st.lists(st.sampled_from(SECRETS), max_size=5), st.sampled_from([" ", "\n", ", ", " | "]))
def test_every_secret_of_a_text_is_removed(secrets, between):
    redacted = replace_secrets(between.join(secret for secret, _ in secrets))
    assert not [secret for secret, _ in secrets if secret in redacted.text]


def test_real_sessions_hold_no_secrets_and_stay_as_they_are():
    path = pack.require(pack.TAU_FILES[0])
    with gzip.open(path, "rt") as file:
        texts = [m["content"] or "" for record in json.load(file) for m in record["traj"]]
    assert [text for text in texts if replace_secrets(text).text != text] == []


# Hostile text: every prefix over and over, and every rule led into its longest run.

SIZE = 200_000


def fill(piece: str) -> str:
    return (piece * (SIZE // len(piece) + 1))[:SIZE]


PREFIXES = [
    *(rule.trigger for rule in RULES),
    *(f"{rule.trigger}a" for rule in RULES),
    *(f"{rule.trigger} " for rule in RULES),
    *(f"\\n{rule.trigger}" for rule in RULES),
]
HOSTILE = {
    **{f"repeated {piece!r}": fill(piece) for piece in PREFIXES},
    "half a JWT": fill("eyJaaaaaaaa.eyJaaaaaaa"),
    "a third of a JWT": fill("eyJaaaaaa."),
    "a JWT without an end": "eyJ" + "a" * (SIZE // 2) + ".eyJ" + "a" * (SIZE // 2),
    "a long host": "://" + "a" * SIZE,
    "a long password": "://a:" + "a" * SIZE,
    "an address of ats": "://a:" + "@" * SIZE,
    "many users": "://" + fill("a@"),
    "many passwords": fill("://a:bcd@"),
    "bearer and spaces": "Bearer" + " " * SIZE,
    "a long bearer": "Bearer " + "a" * SIZE,
    "headers of backslashes": fill("Authorization" + "\\" * 50),
    "secrets of spaces": fill("ecret_access_key" + " " * 50),
    "keys without an end": fill(f"{DASHES}BEGIN PRIVATE KEY{DASHES}"),
    "keys of spaces": fill(f"{DASHES}BEGIN PRIVATE KEY{DASHES}" + " \n" * 5_000),
    "a key of escapes": f"{DASHES}BEGIN PRIVATE KEY{DASHES}" + fill("\\n"),
    "keys of short lines": f"{DASHES}BEGIN PRIVATE KEY{DASHES}" + fill("A" * 31 + "\n"),
    "a long label": f"{DASHES}BEGIN " + fill("A "),
    "only dashes": fill("-"),
    "only spaces": fill(" "),
    "NUL": fill("\0"),
    "surrogates": fill("\ud800"),
}


def fastest(function: Callable[[str], object], text: str) -> float:
    """Return the least milliseconds of the processor in five runs, however busy the machine is."""
    times = []
    for _ in range(5):
        start = time.process_time()
        function(text)
        times.append((time.process_time() - start) * 1000)
        if times[-1] < 50:
            break
    return min(times)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_linear_time(name):
    # Far above what it takes and far below what a quadratic search of 200 KB would.
    assert fastest(replace_secrets, HOSTILE[name]) < 500


@pytest.mark.parametrize("name", ["NUL", "surrogates", "only spaces"])
def test_unstorable_characters_are_replaced_in_linear_time(name):
    assert fastest(replace_unstorable, HOSTILE[name]) < 500


def test_every_rule_is_run_only_where_its_trigger_stands():
    found = {kind for _, kind in SECRETS} | {kind for _, _, kind in IN_CONTEXT}
    assert {rule.kind for rule in RULES} == found


# Characters that cannot be stored


@pytest.mark.parametrize(
    ("text", "stored", "count"),
    [
        ("", "", 0),
        ("plain é 日本 😀 \n\t\x01", "plain é 日本 😀 \n\t\x01", 0),
        ("a\x00b", "a\ufffdb", 1),
        ("\ud800\udc00", "\ufffd\ufffd", 2),
        ("\udcff\x00\x00", "\ufffd\ufffd\ufffd", 3),
        ("\ufffd", "\ufffd", 0),
    ],
)
def test_what_cannot_be_stored_is_replaced_and_counted(text, stored, count):
    assert replace_unstorable(text) == (stored, count)


@given(st.text(st.characters()))
def test_every_text_can_be_stored_afterwards(text):
    stored, count = replace_unstorable(text)
    assert stored.encode("utf-8").decode("utf-8") == stored
    assert len(stored) == len(text)
    assert count == len(re.findall("[\x00\ud800-\udfff]", text))
