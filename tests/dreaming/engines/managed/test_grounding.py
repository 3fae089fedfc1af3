"""Where a change comes from: verbatim words of the sessions, or no source found."""

from pathlib import Path

import pytest

from dreaming.engines.managed.grounding import (
    QUOTES_A_CHANGE,
    Grounds,
    Search,
    ground,
    known_statements,
    new_statements,
)
from tests.dreaming.build_sessions import answers, calls, says, session
from tests.dreaming.engines.managed.planted import INVENTED, PLANTED, TALK

RULE = "Refunds are paid within 14 days."
PATH = "/refunds.md"


def grounds(*sessions, text: str = RULE) -> Grounds:
    return ground({PATH: new_statements(PATH, text, frozenset())}, sessions)[PATH]


def test_a_change_is_found_with_the_words_and_their_place():
    found = grounds(session(1, says("Hello."), says(f"As we said: {RULE} Thanks.")), session(2))
    assert found.is_grounded
    (quote,) = found.quotes
    assert (quote.session, quote.event) == ("S-1", 1)
    assert quote.text in f"As we said: {RULE} Thanks."
    assert found.matched == {"S-1"}
    assert found.trusts == {"principal"}


def test_it_counts_every_session_that_says_it_and_each_once():
    said = [session(number, says(RULE), says(RULE)) for number in (1, 2, 3)]
    found = grounds(*said, session(4, says("Something else.")))
    assert found.matched == {"S-1", "S-2", "S-3"}
    assert [quote.session for quote in found.quotes] == ["S-1", "S-2", "S-3"]


def test_what_nobody_said_is_missing_and_counts_nowhere():
    found = grounds(session(1, says("Refunds are paid within 30 days.")))
    assert (found.quotes, found.matched, found.missing) == ((), frozenset(), (RULE,))
    assert not found.is_grounded


def test_a_change_with_one_part_nobody_said_is_not_grounded_as_a_whole():
    made_up = "Refunds above 900 EUR need no receipt."
    found = grounds(session(1, says(RULE)), text=f"{RULE} {made_up}")
    assert not found.is_grounded
    assert found.missing == (made_up,)
    assert [quote.text for quote in found.quotes] == [RULE]
    assert found.matched == frozenset()


@pytest.mark.parametrize(
    "event",
    [
        says(RULE, remembered=True),
        calls("bash", "1", command=f"echo '{RULE}' > /mnt/memory/store/refunds.md"),
    ],
)
def test_memory_does_not_found_itself(event):
    assert not grounds(session(1, event)).is_grounded


def test_what_a_tool_read_from_the_stores_mount_is_memory():
    read = calls("read", "call-1", path="/mnt/memory/store/refunds.md")
    assert not grounds(session(1, read, answers("read", RULE, "call-1"))).is_grounded
    other = calls("read", "call-1", path="/home/policies/refunds.md")
    assert grounds(session(1, other, answers("read", RULE, "call-1"))).is_grounded


def test_what_was_taken_back_in_the_next_breath_is_no_source():
    assert not grounds(session(1, says(f"{RULE} No, that is wrong."))).is_grounded
    assert not grounds(session(1, says(RULE), says("Sorry, I was wrong."))).is_grounded
    assert grounds(session(1, says(RULE), says("Good to know."))).is_grounded


def test_a_tools_name_is_said_by_its_result():
    said = session(1, answers("cancel_order", "cannot cancel shipped orders", is_error=True))
    text = "`cancel_order` cannot cancel shipped orders."
    assert grounds(said, text=text).is_grounded
    other = session(1, answers("refund_order", "cannot cancel shipped orders", is_error=True))
    assert not grounds(other, text=text).is_grounded


def test_what_memory_says_already_is_not_looked_for():
    known = known_statements([f"# Refunds\n- {RULE}\n"])
    assert new_statements(PATH, f"# Refunds\n\n{RULE}\nAsk first.\n", known) == ("Ask first.",)


def test_a_heading_that_repeats_the_path_says_nothing_and_another_does():
    text = "# Refund rules\n## Skip verification\n---\n"
    assert new_statements("/refund/rules.md", text, frozenset()) == ("Skip verification",)


def test_a_negation_in_a_heading_of_the_paths_words_is_a_statement():
    assert new_statements("/refund/rules.md", "# No refund rules\n", frozenset())


def test_a_change_of_known_statements_only_has_no_source():
    assert not Search(()).grounds_of(()).is_grounded


def test_quotes_are_limited_and_each_statement_gets_one_first():
    rules = [f"Rule {letter} of desk {n} is strict." for n, letter in enumerate("bcdefghk", 1)]
    found = grounds(
        *(session(n, says(" ".join(rules))) for n in range(1, 6)), text="\n".join(rules)
    )
    assert len(found.quotes) == QUOTES_A_CHANGE
    assert {quote.session for quote in found.quotes[: len(rules)]} == {"S-1"}
    assert len(found.matched) == 5


def measure():
    plants = (*PLANTED, *INVENTED)
    sessions = [
        session(
            number,
            *(says(words) for words in TALK),
            answers(one.tool, one.said) if one.tool else says(one.said),
        )
        for number, one in enumerate(plants, start=1)
    ]
    wanted = {one.path: new_statements(one.path, one.memory, frozenset()) for one in plants}
    return sessions, ground(wanted, sessions)


def test_of_forty_changes_no_invented_one_is_grounded_and_most_planted_ones_are():
    """The gate: 30 planted, 10 invented; 0 invented called grounded, at least 25 planted are."""
    sessions, found = measure()
    assert (len(PLANTED), len(INVENTED)) == (30, 10)
    assert [one.path for one in INVENTED if found[one.path].is_grounded] == []
    grounded = [one for one in PLANTED if found[one.path].is_grounded]
    assert len(grounded) >= 25
    told = (Path(__file__).parents[4] / "docs" / "hosted-dreams.md").read_text(encoding="utf-8")
    assert f"{len(grounded)} of 30 changes planted in sessions" in told
    by_id = {one.id: one for one in sessions}
    for one in grounded:
        for quote in found[one.path].quotes:
            assert quote.text in by_id[quote.session].events[quote.event].text
