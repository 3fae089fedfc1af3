"""Cases of no particular trade that are mixed into the queue. Every word is invented."""

from collections.abc import Mapping

from reviews.changes import Op
from reviews.samples.base import Answer, Cited, Ended, Said, Sample, Seen, refused

SEEN = Seen(9, 41, 7, failed=7, failed_others=8, effect="0.4620", q="0.031")


def _case(name: str, title: str, new: str, quotes: tuple[Cited, ...], because: str) -> Sample:
    """Return a case to approve, or not to where its name ends so."""
    is_sound = name.endswith("/sound")
    return Sample(
        key=name,
        agent="",
        op=Op.CREATE,
        path=f"/notes/{name.partition('/')[0]}.md",
        title=title,
        old="",
        new=new,
        rationale="",
        quotes=quotes,
        right=Answer.APPROVE if is_sound else Answer.REJECT,
        mends=not is_sound,
        because=because,
        seen=SEEN,
    )


_DATES = (
    Cited(
        2101,
        7,
        (
            Said("Agent", "Your appointment is on 03/11 at nine."),
            Said("User", "I came on 11 March. Nobody was there."),
        ),
        1,
        "I came on 11 March.",
        check="appointment kept: no",
    ),
    Cited(
        2188,
        5,
        (
            Said("Agent", "Your appointment is on 3 November at nine."),
            Said("User", "Thank you, I will be there."),
        ),
        0,
        "on 3 November at nine.",
        ended=Ended.WELL,
    ),
)
_PAGES = (
    Cited(
        2304,
        12,
        (
            Said("Tool", '{"items": 50, "of": 131, "cursor": "b2"}', "list_entries"),
            Said("Agent", "There are 50 entries in all."),
        ),
        0,
        '"items": 50, "of": 131',
        check="count: 131 entries were there",
    ),
    Cited(
        2377,
        9,
        (
            Said("Agent calls", '{"cursor": "b2"}', "list_entries"),
            Said("Tool", '{"items": 31, "of": 131, "cursor": ""}', "list_entries"),
        ),
        1,
        '"cursor": ""',
        ended=Ended.WELL,
    ),
)
_CLOSED = (
    Cited(
        2410,
        15,
        (
            Said("Agent calls", '{"ticket": "77", "file": "report"}', "attach_file"),
            refused("Error: ticket 77 is closed and takes no files", "attach_file"),
        ),
        1,
        "ticket 77 is closed and takes no files",
    ),
    Cited(
        2455,
        11,
        (
            Said("Tool", '{"ticket": "81", "files": 1}', "attach_file"),
            Said("Agent", "The report is attached, now I close the ticket."),
        ),
        1,
        "attached, now I close the ticket.",
        ended=Ended.WELL,
    ),
)
POOL: Mapping[str, Sample] = {
    sample.key: sample
    for sample in (
        _case(
            "dates/sound",
            "Write dates with the month in words",
            "Write dates with the month in words: 3 November 2026.\n",
            _DATES,
            "03/11 was read as 11 March, and the month in words was understood.",
        ),
        _case(
            "dates/flawed",
            "Write dates in short form",
            "Write dates in short form: 03/11/2026.\n",
            _DATES,
            "The first quote shows the short form being misread; the text asks for just that form.",
        ),
        _case(
            "pages/sound",
            "List entries until the cursor is empty",
            "`list_entries` gives 50 at a time: call it until `cursor` is empty.\n",
            _PAGES,
            "The tool says 50 of 131, and the second session went on until the cursor was empty.",
        ),
        _case(
            "pages/flawed",
            "One call lists all entries",
            "`list_entries` gives every entry in one call.\n",
            _PAGES,
            "The tool says 50 of 131: one call gives the first page and not everything.",
        ),
        _case(
            "files/sound",
            "Attach the file before closing the ticket",
            "Attach the file before you close the ticket: a closed one takes no files.\n",
            _CLOSED,
            "The tool refuses files for a closed ticket, and the second session attached it first.",
        ),
        _case(
            "files/flawed",
            "Close the ticket, then attach the file",
            "Close the ticket first and attach the file after it.\n",
            _CLOSED,
            "The tool's error says that a closed ticket takes no files; this order always fails.",
        ),
    )
}
