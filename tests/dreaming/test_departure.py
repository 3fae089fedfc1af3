"""What leaves the house, and quotes that come back in the words that are stored."""

from dataclasses import replace

from agents.personal import EVERY_KIND
from dreaming.departure import Departure
from dreaming.engines.base import Candidate, DreamResult, EngineMemory, Note, Quote
from tests.dreaming.build_sessions import material, says, session

MAIL = "ada@example.com"
PHONE = "+41 44 668 18 00"


def sent(departure, *events, **facts):
    (one,) = departure.send(material([session(1, *events, **facts)])).sessions
    return one


def found(**facts):
    given = {
        "kind": "preference",
        "tool": "",
        "template": "call first",
        "statement": "Call before writing.",
        "title": "Call first",
        "matched": frozenset({"S-1"}),
        "quotes": (),
        "signal": "words",
    }
    return Candidate(**(given | facts))


def test_personal_data_is_covered_wherever_it_stands():
    departure = Departure(EVERY_KIND)
    made = material([session(1, says(f"Write to {MAIL}."))])
    memory = EngineMemory("/a.md", 1, f"Call {PHONE}.", title=f"Call {PHONE}")
    note = Note("P-1", "/a.md", "", f"Not {MAIL}")
    given = departure.send(
        type(made)(
            **{name: getattr(made, name) for name in made.__slots__}
            | {"memories": (memory,), "notes": (note,), "instructions": f"Ask {MAIL}"}
        )
    )
    (one,) = given.sessions
    told = [one.events[0].text, given.memories[0].content, given.memories[0].title]
    told += [given.notes[0].words, given.instructions]
    assert told == [
        "Write to [e-mail removed].",
        "Call [telephone removed].",
        "Call [telephone removed]",
        "Not [e-mail removed]",
        "Ask [e-mail removed]",
    ]
    assert departure.covered == 5


def test_people_leave_under_numbers_that_stay_the_same():
    departure = Departure(EVERY_KIND)
    events = [says("Hello.", person="ada"), says("Hi.", person="bob"), says("So?", person="ada")]
    one = sent(departure, *events)
    people = [event.person for event in one.events]
    assert people[0] == people[2] != people[1]
    assert not {"ada", "bob"} & {one.principal, *people}
    result = DreamResult((found(people=frozenset(people)),))
    (back,) = departure.receive(result, lambda *_: None).candidates
    assert back.people == {"ada", "bob"}


def test_a_quote_of_the_masked_text_comes_back_as_the_stored_words():
    stored = f"Write to {MAIL} before you call {PHONE}."
    departure = Departure(EVERY_KIND)
    quote = Quote("S-1", 0, "to [e-mail removed] before you")
    result = DreamResult((found(quotes=(quote,)),))
    (back,) = departure.receive(result, lambda *_: stored).candidates
    assert back.quotes[0].text == f"to {MAIL} before you"
    assert back.quotes[0].text in stored


def test_an_invented_quote_is_passed_on_for_the_check_to_drop():
    quote = Quote("S-1", 0, "never said")
    result = DreamResult((found(quotes=(quote,)),))
    for text in (None, f"Write to {MAIL}."):
        (back,) = Departure(EVERY_KIND).receive(result, lambda *_, text=text: text).candidates
        assert back.quotes == (quote,)


def test_a_text_that_holds_a_mark_of_ours_is_left_out_and_listed():
    result = DreamResult((found(statement="Write to [e-mail removed]."), found()))
    back = Departure(EVERY_KIND).receive(result, lambda *_: None)
    assert [one.statement for one in back.candidates] == ["Call before writing."]
    assert "did not leave this house" in back.dropped[0].why


def test_names_the_vendor_gave_itself_leave_as_they_are():
    departure = Departure(EVERY_KIND)
    names = ("sesn_+41446681800", "memstore_+41446681800")
    given = material([session(1, says("Hello."), external_id=names[0])])
    left = departure.send(replace(given, hosted_store=names[1]))
    (one,) = left.sessions
    assert ((one.external_id, left.hosted_store), departure.covered) == (names, 0)


def test_where_no_words_are_sent_only_what_people_ask_is_covered():
    departure = Departure(EVERY_KIND)
    given = replace(
        material([session(1, says(MAIL, person="ada"))]),
        instructions=f"Ask {MAIL}",
        notes=(Note("P-1", "/a.md", "", f"Not {MAIL}"),),
    )
    left = departure.send_wishes(given)
    (one,) = left.sessions
    assert (one.events[0].text, one.events[0].person) == (MAIL, "ada")
    assert (left.instructions, left.notes[0].words) == (
        "Ask [e-mail removed]",
        "Not [e-mail removed]",
    )


def test_only_the_kinds_a_workspace_names_are_covered():
    one = sent(Departure({"telephone"}), says(f"{MAIL} {PHONE}"))
    assert one.events[0].text == f"{MAIL} [telephone removed]"


def test_sessions_can_be_read_again():
    departure = Departure(EVERY_KIND)
    given = departure.send(material([session(1, says(MAIL))]))
    assert list(given.sessions) == list(given.sessions)
