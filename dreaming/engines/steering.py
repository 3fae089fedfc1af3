"""Instructions the local engine follows: a few kinds of lines, the same each time. Pure.

    focus: update_claim, refunds    only patterns about one of these (several lines add up)
    only: mistakes, facts           only these kinds of patterns
    ignore: greetings               no pattern about one of these
    at least: 5 sessions            only patterns that show in so many sessions

Case, blanks around words and the number of a noun (greeting, greetings) make no difference. A term
is about a pattern when it is its kind, its tool, or stands in its title, statement or conditions
as whole words in this order. Every effect, and every line that is none of these, is listed among
what was dropped. A pattern that memory holds already is never left out: what supports a memory is
no question of what a dream should look for.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from dreaming.engines.base import Candidate, Dropped, Note
from reviews.changes import pattern_key

EXAMPLES = '"focus: update_claim", "only: mistakes, facts", "ignore: greetings", "at least: 5"'
LISTED_LINES = 5
SHOWN_LINE = 120
FEWEST, MOST = 2, 99_999

_LINE = re.compile(r"\s*(focus|only|ignore|at least)\s*:\s*(.*?)\s*[.;]?\s*", re.IGNORECASE)
_COUNT = re.compile(r"([0-9]{1,5})(?:\s+sessions?)?", re.IGNORECASE)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Steering:
    """What instructions ask for. focus, ignore: terms as tuples of folded words; only: kinds.

    at_least: sessions, 0 where nothing is asked. said: the lines of each verb as they were written;
    unread: lines that are none.
    """

    focus: tuple[tuple[str, ...], ...] = ()
    only: frozenset[str] = frozenset()
    ignore: tuple[tuple[str, ...], ...] = ()
    at_least: int = 0
    said: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()

    def words_of(self, verb: str) -> str:
        """Return the lines of a verb as a person reads them: "ignore: greetings"."""
        return "; ".join(f"{verb}: {rest}" for said, rest in self.said if said == verb)


def read_instructions(text: str, kinds: Collection[str]) -> Steering:
    """Return what the lines of `text` ask for. kinds: the kinds of patterns there are."""
    by_name = {fold(name): kind for kind in kinds for name in (kind, _plural(kind))}
    focus: list[tuple[str, ...]] = []
    ignore: list[tuple[str, ...]] = []
    only: set[str] = set()
    said: list[tuple[str, str]] = []
    unread: list[str] = []
    at_least = 0
    for line in filter(None, (line.strip() for line in text.splitlines())):
        found = _LINE.fullmatch(line)
        verb, rest = (found[1].lower(), found[2]) if found else ("", "")
        terms = [words for part in rest.split(",") if (words := words_in(part))]
        named = [by_name.get("".join(words)) for words in terms]
        count = _COUNT.fullmatch(rest)
        if verb == "focus" and terms:
            focus += terms
        elif verb == "ignore" and terms:
            ignore += terms
        elif verb == "only" and named and None not in named:
            only.update(kind for kind in named if kind)
        elif verb == "at least" and count and FEWEST <= int(count[1]) <= MOST:
            at_least = max(at_least, int(count[1]))
        else:
            unread.append(line)
            continue
        said.append((verb, rest))
    return Steering(
        tuple(focus), frozenset(only), tuple(ignore), at_least, tuple(said), tuple(unread)
    )


def steer(
    candidates: Iterable[Candidate], steering: Steering, held: Collection[str] = frozenset()
) -> tuple[list[Candidate], list[Dropped]]:
    """Return the candidates the instructions leave, in their order, and what was left out and why.

    held: pattern keys memory holds already; these stay whatever is asked.
    """
    kept: list[Candidate] = []
    left: Counter[str] = Counter()
    for candidate in candidates:
        why = "" if _key(candidate) in held else _why_left_out(candidate, steering)
        if why:
            left[why] += 1
        else:
            kept.append(candidate)
    dropped = [
        Dropped(
            f"{count:,} {'pattern' if count == 1 else 'patterns'}",
            f"Left out, as the instructions ask ({steering.words_of(why)}).",
        )
        for why, count in sorted(left.items())
    ]
    return kept, dropped + list(_unread(steering))


def follow_notes(
    candidates: Iterable[Candidate], notes: Iterable[Note], kinds: Collection[str]
) -> tuple[list[Candidate], list[Dropped]]:
    """Return the candidates that the notes on their own patterns leave in, and what was left out.

    A note steers the pattern of its proposal only, in the same lines as instructions; other words
    in it are for people.
    """
    by_key = {note.pattern_key: note for note in notes if note.pattern_key}
    kept: list[Candidate] = []
    dropped: list[Dropped] = []
    for candidate in candidates:
        note = by_key.get(_key(candidate))
        steering = read_instructions(note.words, kinds) if note is not None else Steering()
        why = _why_left_out(candidate, steering)
        if note is not None and why:
            asks = steering.words_of(why)
            dropped.append(Dropped(note.proposal, f"Left out, as its note asks ({asks})."))
        else:
            kept.append(candidate)
    return kept, dropped


def _key(candidate: Candidate) -> str:
    return pattern_key(candidate.kind, candidate.tool, candidate.template, candidate.scope)


def _why_left_out(candidate: Candidate, steering: Steering) -> str:
    """Return the verb of the lines that leave the candidate out, '' when none does."""
    is_about = _matcher(candidate)
    rules = (
        ("ignore", any(is_about(term) for term in steering.ignore)),
        ("only", bool(steering.only) and candidate.kind not in steering.only),
        ("focus", bool(steering.focus) and not any(is_about(term) for term in steering.focus)),
        ("at least", len(candidate.matched) < steering.at_least),
    )
    return next((verb for verb, applies in rules if applies), "")


def _matcher(candidate: Candidate) -> Callable[[tuple[str, ...]], bool]:
    """Return what says whether a term is about the candidate."""
    said = f"{candidate.title}\n{candidate.statement}\n{' '.join(candidate.conditions)}"
    words = words_in(said)
    names = {words_in(candidate.tool), (fold(candidate.kind),), (fold(_plural(candidate.kind)),)}

    def is_about(term: tuple[str, ...]) -> bool:
        if term in names:
            return True
        last = len(words) - len(term)
        return any(words[at : at + len(term)] == term for at in range(last + 1))

    return is_about


def _unread(steering: Steering) -> Iterable[Dropped]:
    for line in steering.unread[:LISTED_LINES]:
        shown = line if len(line) <= SHOWN_LINE else f"{line[:SHOWN_LINE]}…"
        yield Dropped(
            "1 line of the instructions",
            f'This one was not followed: "{shown}". The local engine follows lines such as '
            f"{EXAMPLES}.",
        )
    rest = len(steering.unread) - LISTED_LINES
    if rest > 0:
        lines = "line" if rest == 1 else "lines"
        yield Dropped(f"{rest} more {lines} of the instructions", "Not followed either.")


def words_in(text: str) -> tuple[str, ...]:
    """Return the words of `text` as they are compared; a name with underscores is one word."""
    return tuple(fold(word) for word in _WORD.findall(text))


def fold(word: str) -> str:
    """Return the word without case and without the ending of a plural."""
    word = word.casefold()
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _plural(kind: str) -> str:
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
