"""Two people at one proposal: the text one had before them, what it is now, what it stands on."""

from dataclasses import dataclass

from reviews.dossier import version_text
from reviews.models import Proposal


@dataclass(frozen=True, slots=True)
class Column:
    """One of the three texts. note: which revision or version it is; text: '' for none."""

    label: str
    note: str
    text: str


def columns_of(now: Proposal, *, shown: int, mine: str | None = None) -> tuple[Column, ...]:
    """Return yours, what it is now, and what the proposal was based on; () where nothing differs.

    now: the proposal as it is. shown: the revision the page had shown. mine: the text that was
    being sent, None for a decision, which is about the text that was shown.
    """
    texts = {row.number: row for row in now.revisions.filter(number__in=[shown, now.revision])}
    if shown not in texts:
        return ()
    base = texts[shown].base_version
    head = now.memory.head if now.memory else None
    live = head if head is not None and not head.is_tombstone else None
    if shown != now.revision:
        current = Column("What it is now", f"revision {now.revision}", texts[now.revision].content)
    elif (live.number if live else None) != base:
        note = f"live memory, version {live.number}" if live else "live memory has no text here"
        current = Column("What it is now", note, live.content if live else "")
    else:
        return ()
    yours = mine if mine is not None else texts[shown].content
    note = "your text" if mine is not None else f"revision {shown}, which you saw"
    old = version_text(now, base) if base is not None else ""
    stood_on = f"version {base}" if base is not None else "there was no text"
    return (Column("Yours", note, yours), current, Column("What it was based on", stood_on, old))
