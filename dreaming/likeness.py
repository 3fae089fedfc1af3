"""When two sentences say the same: normal forms, and the guards that keep opposites apart.

Likeness only proposes. Two texts count as one without a person only when their normal forms are
equal; above `PARAPHRASE` they are called near duplicates, above `SAME` one need not be proposed
beside the other, and only if numbers, negation, named code and what is turned down ("instead of Y")
agree. Of STS-B pairs at least 85 alike under these guards 92 % were judged 3.5 of 5 or more in
meaning, at least 90 alike all of them; of those judged so, 12 and 7 % are found.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

SAME = 90.0
PARAPHRASE = 85.0
_SAME_STEM = 75.0
_UNGUARDED = 0.9

_WORD = re.compile(r"[^\W_]+(?:['_-][^\W_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CODE = re.compile(r"`([^`]+)`|\"([^\"]+)\"")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\s\d])")
_LIST_MARK = re.compile(r"^\s*(?:[-*+]|\d+[.)]|#+)\s+")
_REJECTED = re.compile(r"\b(?:instead of|rather than|over|not)\s+(\w+(?:\s\w+)?)")
_CONTRACTIONS = (
    ("can't", "can not"),
    ("won't", "will not"),
    ("n't", " not"),
    ("'d", " would"),
    ("'ll", " will"),
    ("'re", " are"),
    ("'ve", " have"),
    ("'m", " am"),
)
NEGATIONS = frozenset({"not", "no", "never", "without", "stop", "cannot", "avoid", "neither"})
FILLERS = frozenset(
    [
        "a",
        "an",
        "the",
        "please",
        "i",
        "we",
        "you",
        "they",
        "people",
        "person",
        "would",
        "will",
        "do",
        "does",
        "did",
        "really",
        "very",
        "just",
        "so",
        "also",
        "to",
        "that",
        "this",
        "be",
        "is",
        "are",
        "was",
        "am",
        "it",
        "its",
        "in",
        "of",
        "on",
        "for",
        "and",
        "or",
        "my",
        "me",
        "our",
        "us",
        "your",
        "if",
        "unless",
        "told",
        "otherwise",
        "assume",
        "any",
    ]
)
SAME_WORD = {
    "want": "prefer",
    "like": "prefer",
    "wish": "prefer",
    "rather": "prefer",
    "utilise": "use",
    "utilize": "use",
    "using": "use",
    "don": "not",
    "never": "not",
    "no": "not",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """What must agree before likeness counts. negations: how many stand outside quoted words."""

    numbers: tuple[str, ...]
    negations: int
    code: tuple[str, ...]
    rejected: frozenset[str]


@dataclass(frozen=True, slots=True)
class Form:
    """A sentence as it is compared: `words` sorted and joined, `guard` what must agree."""

    words: str
    guard: Guard


def normalise_text(text: str) -> str:
    """Return `text` with case, white space, Markdown marks and closing points taken away."""
    plain = text.casefold().replace("\u2019", "'")
    plain = re.sub(r"[*_#>`]+", "", plain)
    return " ".join(plain.split()).rstrip(".!; ")


def split_statements(text: str) -> list[str]:
    """Return the sentences of `text`; a line of a list or a heading is one without its mark."""
    statements: list[str] = []
    for line in text.splitlines():
        plain = _LIST_MARK.sub("", line).strip()
        statements += [part.strip() for part in _SENTENCE_END.split(plain) if part.strip()]
    return statements


def expand_contractions(text: str) -> str:
    """Return lower-case `text` with "don't" written as "do not", and so on."""
    plain = text.casefold().replace("\u2019", "'")
    for short, long in _CONTRACTIONS:
        plain = plain.replace(short, long)
    return plain


@lru_cache(maxsize=65536)
def form_of(text: str) -> Form:
    """Return the form under which `text` is compared with others."""
    plain = expand_contractions(text)
    words = _WORD.findall(plain)
    kept = sorted({SAME_WORD.get(word, word) for word in words if word not in FILLERS})
    code = sorted(a or b for a, b in _CODE.findall(plain))
    return Form(
        words=" ".join(kept),
        guard=Guard(
            numbers=tuple(sorted(_NUMBER.findall(plain))),
            negations=sum(word in NEGATIONS for word in _WORD.findall(_CODE.sub(" ", plain))),
            code=tuple(code),
            rejected=frozenset(_REJECTED.findall(plain)),
        ),
    )


def likeness(left: Form, right: Form, *, at_least: float) -> float:
    """Return 0..100, how alike the words are; 0.0 below `at_least` or where the guards differ."""
    if left.guard != right.guard:
        return 0.0
    score = float(fuzz.ratio(left.words, right.words, score_cutoff=at_least))
    return score if score and _words_agree(left.words, right.words) else 0.0


def find_most_alike(form: Form, others: Sequence[Form]) -> int | None:
    """Return the place of the form most like `form` and at least a paraphrase, the first of equals.

    The same rule as `likeness`, with the comparing done in one call for all of them.
    """
    words = [other.words for other in others]
    scored = process.extract(
        form.words, words, scorer=fuzz.ratio, score_cutoff=PARAPHRASE, limit=None
    )
    for _, _, place in scored:
        if others[place].guard == form.guard and _words_agree(form.words, words[place]):
            return int(place)
    return None


def _words_agree(left: str, right: str) -> bool:
    """Say whether words that stand on one side only are forms of a word on the other.

    One side may say more than the other; "red" for "blue" is another sentence however long it is.
    """
    ours, theirs = set(left.split()), set(right.split())
    fewer, more = sorted((ours - theirs, theirs - ours), key=lambda w: (len(w), sorted(w)))
    return all(any(_is_form(a, b) for b in more) for a in fewer)


def _is_form(one: str, other: str) -> bool:
    """Say whether two words are forms of one: they begin alike ("disable" is none of "enable")."""
    return one[:3] == other[:3] and fuzz.ratio(one, other) >= _SAME_STEM


def same_words(left: str, right: str) -> bool:
    """Say whether sorted words are the same but for their forms ("order" and "orders")."""
    if left == right:
        return True
    ours, theirs = set(left.split()), set(right.split())
    return len(ours - theirs) == len(theirs - ours) and all(
        any(_is_form(one, other) for other in those)
        for these, those in ((ours - theirs, theirs - ours), (theirs - ours, ours - theirs))
        for one in these
    )


def covers(left: Form, right: Form) -> bool:
    """Say whether `left` has every word of `right`, or a form of it."""
    missing = set(right.words.split()) - set(left.words.split())
    own = sorted(set(left.words.split()) - set(right.words.split()))
    return all(any(_is_form(word, other) for other in own) for word in missing)


def are_near(left: str, right: str) -> bool:
    """Say whether two texts are near duplicates (a proposal to merge, never more)."""
    return likeness(form_of(left), form_of(right), at_least=PARAPHRASE) > 0


def say_the_same(left: Form, right: Form) -> bool:
    """Say whether one text is as good as said by the other, so that it need not be proposed."""
    return likeness(left, right, at_least=SAME) > 0


def score_pair(left: str, right: str) -> float:
    """Return 0..100, how alike two texts are in their words, a tenth less where the guards differ.

    For measuring: a score for every pair, so that pairs can be ranked. `are_near` decides.
    """
    one, other = form_of(left), form_of(right)
    score = float(fuzz.ratio(one.words, other.words))
    return score if one.guard == other.guard else score * _UNGUARDED


class NearIndex:
    """Texts to be asked for those `at_least` so alike: under equal guards, in one call each.

    A ratio of 90 needs lengths within 9 to 11, so most of a store is never looked at.
    """

    def __init__(self, named: Iterable[tuple[str, Form]], *, at_least: float) -> None:
        self._at_least = at_least
        grouped: dict[Guard, list[tuple[int, str, str]]] = {}
        for name, form in named:
            grouped.setdefault(form.guard, []).append((len(form.words), form.words, name))
        self._groups = {guard: _Shelf(sorted(rows)) for guard, rows in grouped.items()}

    def find(self, form: Form) -> str:
        """Return the name of a text that is so like `form`, the first by name; '' where none is."""
        return next(iter(self.find_all(form)), "")

    def find_all(self, form: Form) -> list[str]:
        """Return the names of all texts that are so like `form`, in order."""
        shelf = self._groups.get(form.guard)
        return sorted(shelf.find(form.words, self._at_least)) if shelf else []


class _Shelf:
    """Words of texts in the order of their lengths."""

    def __init__(self, rows: Sequence[tuple[int, str, str]]) -> None:
        self._lengths = [length for length, _, _ in rows]
        self._words = [words for _, words, _ in rows]
        self._names = [name for _, _, name in rows]

    def find(self, words: str, at_least: float) -> Iterator[str]:
        """Yield the names of texts whose words are `at_least` alike and agree with `words`."""
        share = at_least / (200 - at_least)
        start = bisect_left(self._lengths, int(len(words) * share))
        end = bisect_right(self._lengths, int(len(words) / share) + 1)
        found = process.extract(
            words, self._words[start:end], scorer=fuzz.ratio, score_cutoff=at_least, limit=None
        )
        for other, _, place in found:
            if _words_agree(words, other):
                yield self._names[start + place]
