import pytest

from dreaming.engines.wishes import (
    LONGEST,
    may_hold_wish,
    phrase_correction,
    phrase_wish,
    split_condition,
    split_sentences,
)


def wish(said: str) -> str:
    """The instruction a message states, '' for none."""
    stated = phrase_wish(said)
    return stated.instruction if stated else ""


@pytest.mark.parametrize(
    ("said", "instruction"),
    [
        ("I prefer metric units over imperial units.", "Prefer metric units over imperial units."),
        ("We'd prefer tabs rather than spaces", "Prefer tabs rather than spaces."),
        ("Always quote prices with tax.", "Always quote prices with tax."),
        ("please never call customers by first name", "Never call customers by first name."),
        ("Ok, from now on answer in German.", "Answer in German."),
        ("From now on, always answer in German!", "Always answer in German."),
        ("Answer in German going forward.", "Answer in German."),
        ("No, use pnpm, not npm.", "Use pnpm, not npm."),
        ("Use ISO dates instead of US dates", "Use ISO dates instead of US dates."),
        ("Please don't force-push to main.", "Do not force-push to main."),
        ("Don\u2019t refund without a reason.", "Do not refund without a reason."),
        ("Stop adding emojis to commits.", "Stop adding emojis to commits."),
        ("Please use the blue template instead.", "Use the blue template."),
        ("Always ask me before you send mail.", "Always ask the person before you send mail."),
        ("Never share my address with sellers.", "Never share the person's address with sellers."),
        ("I'd prefer that you answer briefly.", "Answer briefly."),
        ("I'd prefer you to not guess numbers", "Not guess numbers."),
        (
            "I'd really prefer not to be transferred.",
            "Assume that people prefer not to be transferred, unless they say otherwise.",
        ),
        (
            "No, I really don't want to be transferred.",
            "Assume that people prefer not to be transferred, unless they say otherwise.",
        ),
    ],
)
def test_a_stated_wish_becomes_an_instruction(said, instruction):
    assert wish(said) == instruction


@pytest.mark.parametrize(
    "said",
    [
        "I don't remember my reservation ID.",
        "I'll always be grateful.",
        "Don't worry about it.",
        "I never received the order.",
        "If it is possible I'd prefer the window.",
        "Could you always use tabs?",
        "I'd prefer a flight on 2024-05-20.",
        "Always use credit_card_7334 for payments.",
        "Never mind that.",
        "Please don't cancel this order.",
        "I prefer to spend less than $200.",
        "Use it instead.",
        "Never send it to ada@example.com please.",
        "Use more salt.",
        "I'd rather have the red one.",
        "Don't do what I said.",
        "Thank you very much!",
        "",
    ],
)
def test_what_belongs_to_one_task_or_asks_nothing_is_no_wish(said):
    assert wish(said) == ""


@pytest.mark.parametrize(
    ("said", "instruction"),
    [
        ("Use two columns.", "Use two columns."),
        ("No. Keep the old names, please.", "Keep the old names, please."),
        ("please write the tests first instead", "Write the tests first."),
        ("Run the linter before committing", "Run the linter before committing."),
    ],
)
def test_a_correction_may_be_a_plain_imperative(said, instruction):
    assert phrase_correction(said).instruction == instruction


def test_a_plain_imperative_in_a_message_is_a_task_and_no_wish():
    assert phrase_wish("Use two columns.") is None


def test_questions_and_pages_are_not_sentences_of_wishes():
    text = "Always? Short one.\n" + "x" * (LONGEST + 1) + "\nAlways use tabs here. Ok."
    assert split_sentences(text) == ["Short one.", "Always use tabs here."]


def test_sentences_stand_verbatim_in_their_text():
    text = "Hello there.  Always use\ttabs!\n- never use spaces"
    assert all(sentence in text for sentence in split_sentences(text))


def test_every_form_passes_the_cheap_sieve():
    for said in (
        "I don't want to be transferred",
        "I would not like to be called",
        "use pnpm, not npm",
        "you should not guess",
        "Stop adding emojis",
        "dont guess",
        "In the future answer briefly",
        "prefer tabs",
    ):
        assert may_hold_wish(said)
    assert not may_hold_wish("Thank you, my order is late.")


@pytest.mark.parametrize(
    ("said", "instruction", "condition"),
    [
        ("On Fridays, always send a summary.", "On Fridays: always send a summary.", "on Fridays"),
        ("Always send a summary on Fridays", "On Fridays: always send a summary.", "on Fridays"),
        ("For invoices: never round.", "For invoices: never round amounts.", "for invoices"),
        (
            "When a customer is angry, please don't quote the contract",
            "When a customer is angry: do not quote the contract.",
            "when a customer is angry",
        ),
        (
            "Never send attachments for customer Northwind",
            "For customer Northwind: never send attachments.",
            "for customer Northwind",
        ),
        (
            "Always attach the ledger at month-end.",
            "At month-end: always attach the ledger.",
            "at month-end",
        ),
    ],
)
def test_a_condition_stands_before_the_instruction(said, instruction, condition):
    stated = phrase_wish(said.replace("never round.", "never round amounts."))
    assert (stated.instruction, stated.condition) == (instruction, condition)


@pytest.mark.parametrize(
    "said",
    [
        "For order #W123, never use my card.",
        "On 12/05/2026, always call first.",
        "When I call, always answer.",
    ],
)
def test_a_condition_of_one_task_or_one_speaker_makes_no_wish(said):
    assert phrase_wish(said) is None


def test_an_object_is_no_condition():
    assert split_condition("Always ask for the receipt") == ("", "Always ask for the receipt")
    assert split_condition("Never ship to the customer") == ("", "Never ship to the customer")


def test_a_correction_may_hold_a_condition():
    stated = phrase_correction("For quotes, use two columns.")
    assert (stated.instruction, stated.condition) == (
        "For quotes: use two columns.",
        "for quotes",
    )
