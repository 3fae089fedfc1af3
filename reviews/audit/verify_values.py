"""The values against their commitments; what is gone against the entry that erased it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from reviews.audit import keys
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.errors import KeyMissing, NotCanonical, ValueUnreadable
from reviews.audit.keys import KeyEncryptionKey
from reviews.audit.models import Entry, Erasure, Leaf
from reviews.audit.report import Report, Status
from reviews.audit.values import BATCH, StoredValue, open_spelled, stored_values

REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Held:
    """The commitments of one entry's values by name, and the entry's leaf."""

    leaf: int
    commitments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Licence:
    """The erasure of one commitment: its entry's leaf, and whether that entry names it."""

    leaf: int | None
    names_it: bool


class Values:
    """Opens the values of the log, batch by batch."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.opened: dict[str, None] = {}
        self.kek: KeyEncryptionKey | None = None
        self.why_closed = ""
        try:
            self.kek = keys.kek()
        except KeyMissing as error:
            self.why_closed = str(error)

    def check(self, held: Sequence[Held]) -> None:
        """Open the values of one batch of entries."""
        named = [(h.leaf, name, c) for h in held for name, c in h.commitments.items()]
        # An actor's printed name comes again and again; it is opened once.
        fresh = [place for place in named if place[2] not in self.opened]
        rows = stored_values(commitment for _, _, commitment in fresh)
        closed: list[tuple[int, str, str]] = []
        for leaf, name, commitment in fresh:
            if commitment in self.opened:
                continue
            if self.stands(leaf, name, rows.get(commitment)):
                self.opened[commitment] = None
            else:
                closed.append((leaf, name, commitment))
        self.check_erased(closed)
        for commitment in list(islice(self.opened, max(0, len(self.opened) - REMEMBERED))):
            del self.opened[commitment]

    def stands(self, leaf: int, name: str, value: StoredValue | None) -> bool:
        """Open one value and record what is wrong with it; False when the value is gone."""
        if value is None or value.is_cleared:
            return False
        if self.kek is None:
            self.report.add(
                Status.UNVERIFIABLE, f"its value {name} stays closed: {self.why_closed}", leaf
            )
            return True
        try:
            open_spelled(value, self.kek)
        except KeyMissing as error:
            self.report.add(Status.UNVERIFIABLE, f"its value {name} stays closed: {error}", leaf)
        except ValueUnreadable as error:
            self.report.add(Status.TAMPERED, f"its value {name} {error}.", leaf)
        except TypeError:
            # SQLite keeps whatever type it is given.
            self.report.add(Status.TAMPERED, f"its value {name} is not of its type.", leaf)
        else:
            self.report.count("values")
        return True

    def check_erased(self, closed: Sequence[tuple[int, str, str]]) -> None:
        """Check that each of these was erased under an entry that names it."""
        licences = licences_of({commitment for _, _, commitment in closed})
        for leaf, name, commitment in closed:
            licence = licences.get(commitment)
            if licence is None:
                self.report.add(
                    Status.INCOMPLETE, f"its value {name} is gone and no entry erased it.", leaf
                )
            elif not licence.names_it:
                self.report.add(
                    Status.TAMPERED,
                    f"its value {name} is gone, and the entry given for it names others.",
                    leaf,
                )
            else:
                under = "a later entry" if licence.leaf is None else f"entry {licence.leaf + 1:,}"
                self.report.count("erased")
                self.report.note(f"its value {name} was erased under {under}.", leaf)


def licences_of(commitments: Collection[str]) -> dict[str, Licence]:
    """Return the erasures of these commitments, each read from the entry that states it."""
    wanted = sorted(commitments)
    found: dict[str, Licence] = {}
    for at in range(0, len(wanted), BATCH):
        rows = dict(
            Erasure.objects.filter(commitment__in=wanted[at : at + BATCH]).values_list(
                "commitment", "entry_id"
            )
        )
        listed = {entry: listed_in(entry) for entry in set(rows.values())}
        leaves = dict(Leaf.objects.filter(entry_id__in=listed).values_list("entry_id", "index"))
        for commitment, entry in rows.items():
            found[commitment] = Licence(leaves.get(entry), commitment in listed[entry])
    return found


def listed_in(entry: int) -> frozenset[str]:
    """Return the commitments an erasure's entry lists; none when it is no erasure's entry.

    Its own body is checked against its leaf where the walk comes to it.
    """
    row = Entry.objects.filter(pk=entry).first()
    try:
        members = read_body(row.body) if row is not None else {}
    except NotCanonical:
        return frozenset()
    after = members.get("after")
    if members.get("action") != Action.ERASURE_DONE or not isinstance(after, Mapping):
        return frozenset()
    listed = after.get("commitments")
    return frozenset(map(str, listed)) if isinstance(listed, list) else frozenset()
