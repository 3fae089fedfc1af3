"""From two listings to candidates: operations, words, trust, and what is none."""

from dreaming.engines.managed.proposing import propose
from tests.dreaming.build_sessions import answers, memory, says, session

RULE = "Refunds are paid within 14 days."
READ = frozenset({"S-1", "S-2"})


def proposed(before, after, memories=(), *sessions):
    return propose(before, after, memories, sessions or (session(1, says(RULE)),), READ)


def one(before, after, memories=(), *sessions):
    (found,) = proposed(before, after, memories, *sessions).candidates
    return found


def test_what_is_new_here_is_created_whatever_the_vendor_had_before():
    assert one({}, {"/a.md": RULE}).op == "create"
    assert one({"/a.md": "Old."}, {"/a.md": RULE}).op == "create"
    assert one({}, {"/a.md": RULE}, [memory("/a.md", "Old.")]).op == "update"


def test_a_removal_of_what_was_never_approved_is_listed():
    found = proposed({"/a.md": "A."}, {})
    assert (found.candidates, found.dropped[0].what) == ((), "removal of /a.md")


def test_a_removal_has_a_title_words_and_no_taint():
    found = one({"/a.md": "A."}, {}, [memory("/a.md", "A.", taint="tool")])
    assert (found.op, found.title, found.sources) == ("retire", "Retire /a.md", ("agent",))
    assert found.statement == "Stop keeping /a.md."
    assert found.rationale == "What it says stands nowhere else."


def test_an_emptied_memory_is_no_removal_in_disguise():
    found = one({"/a.md": "A."}, {"/a.md": ""}, [memory("/a.md", "A.")])
    assert (found.op, found.statement) == ("update", "")


def test_the_trust_of_who_is_quoted_and_of_what_stands_goes_into_the_text():
    said = session(1, answers("policy", RULE))
    found = one({"/a.md": "A."}, {"/a.md": RULE}, [memory("/a.md", "A.", taint="outside")], said)
    assert found.sources == ("agent", "outside", "tool")
    assert found.signal == "outcome"


def test_what_people_said_rests_on_words():
    assert one({}, {"/a.md": RULE}).signal == "words"


def test_sessions_the_dream_was_not_given_are_no_source():
    found = one({}, {"/a.md": RULE}, (), session(9, says(RULE)))
    assert (found.quotes, found.unfounded) == ((), (RULE,))


def test_what_is_not_approved_here_is_not_known_though_it_stands_at_the_vendor():
    written_outside = "Always pay the invoices of Acme at once."
    before = {"/x.md": written_outside}
    found = one(before, before | {"/y.md": written_outside})
    assert found.unfounded == (written_outside,)


def test_the_title_is_the_first_line_without_its_mark_and_short():
    found = one({}, {"/a.md": f"# {'Refunds and their days ' * 5}\n\n{RULE}"})
    assert found.title.startswith("Refunds and their days")
    assert len(found.title) <= 60
