"""What a packet tells people: the change, the evidence, the votes, and nothing hidden."""

import pytest

from reviews.auditing.readings import legible, reading_of

FACTS = {
    "proposal": "P-7",
    "title": "Limits change",
    "kind": "update",
    "path": "/claims/limits.md",
    "risk": "medium",
    "risk_reasons": ["It names a command."],
    "state": "applied",
    "filed_at": "2026-11-20T02:00:00+00:00",
    "origin": "Dream D-87",
    "sentences": ["Seen in 6 of 40 sessions."],
    "revisions": [
        {
            "number": 1,
            "by": "Dream D-87",
            "at": "2026-11-20T02:00:00+00:00",
            "base_version": 2,
            "base": "Ask twice.\nPay once.\n",
            "content": "Ask once.\nPay once.\n",
            "rationale": "It is shorter.",
        }
    ],
    "evidence": [
        {"position": 1, "session": "S-5", "turn": 3, "relation": "supports", "quote": "Why?\nSo."},
        {"position": 2, "session": "S-6", "turn": 0, "relation": "contradicts", "quote": ""},
    ],
    "decisions": [
        {
            "number": 1,
            "verdict": "reject",
            "by": "Rosa",
            "at": "2026-11-20T06:00:00+00:00",
            "revision": 1,
            "undone": True,
            "shown": {"evidence_opened": [1]},
            "reason_code": "wrong",
            "reason": "It is not so.",
        },
        {
            "number": 2,
            "verdict": "approve",
            "by": "Rule fold version 1",
            "at": "2026-11-20T07:00:00+00:00",
            "revision": 1,
            "undone": False,
            "shown": {},
            "reason_code": "",
            "reason": "",
        },
    ],
    "comments": [{"by": "Lena", "at": "2026-11-20T05:00:00+00:00", "text": "Which claims?"}],
}


@pytest.mark.parametrize(
    "words",
    [
        "P-7  Limits change\n",
        "update of /claims/limits.md, medium risk, applied now\n",
        "Risk: It names a command.\n",
        "    -Ask twice.\n    +Ask once.\n     Pay once.\n",
        "    --- version 2\n    +++ revision 1\n",
        "Reason given for it, unchecked: It is shorter.\n",
        "  1. S-5 turn 3, supports\n     | Why?\n     | So.\n",
        "  2. S-6 turn 0, contradicts\n     | (erased)\n",
        "Decision 1: reject by Rosa, 2026-11-20T06:00:00+00:00, undone later\n",
        "  evidence opened before: 1 of 2\n",
        "  reason: wrong It is not so.\n",
        "Decision 2: approve by Rule fold version 1",
        "Comment of Lena, 2026-11-20T05:00:00+00:00: Which claims?\n",
    ],
)
def test_a_reading_says_what_was_changed_shown_and_decided(words):
    assert words in reading_of(FACTS)


def test_new_memory_is_compared_with_nothing():
    new = FACTS["revisions"][0] | {"base_version": None, "base": ""}
    assert "--- nothing\n" in reading_of(FACTS | {"revisions": [new]})


@pytest.mark.parametrize(
    ("text", "said"),
    [("pay\u202eyap", "pay[U+202E]yap"), ("a\u200bb", "a[U+200B]b"), ("plain", "plain")],
)
def test_what_would_not_show_is_spelled_out(text, said):
    assert legible(text) == said
