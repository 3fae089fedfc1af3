"""When two sentences say the same: normal forms, and the guards that keep opposites apart.

Likeness only proposes. Two texts count as one without a person only when their normal forms are
equal; above `NEAR` they are called near duplicates, and only if numbers, negation, named code and
what is turned down ("instead of Y") agree. Of STS-B pairs at least 85 alike under these guards 92 %
were judged 3.5 of 5 or more in meaning, at least 90 alike all of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

NEAR = 90.0
PARAPHRASE = 85.0
_SAME_STEM = 75.0

_WORD = re.compile(r"[^\W_]+(?:['_-][^\W_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CODE = re.compile(r"`([^`]+)`|\"([^\"]+)\"")
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
_NEGATIONS = frozenset({"not", "no", "never", "without", "stop", "cannot", "avoid", "neither"})
_FILLERS = frozenset(
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
_SAME_WORD = {
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
    kept = sorted({_SAME_WORD.get(word, word) for word in words if word not in _FILLERS})
    code = sorted(a or b for a, b in _CODE.findall(plain))
    return Form(
        words=" ".join(kept),
        guard=Guard(
            numbers=tuple(sorted(_NUMBER.findall(plain))),
            negations=sum(word in _NEGATIONS for word in _WORD.findall(_CODE.sub(" ", plain))),
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
    return all(any(fuzz.ratio(a, b) >= _SAME_STEM for b in more) for a in fewer)


def are_near(left: str, right: str) -> bool:
    """Say whether two texts are near duplicates (a proposal to merge, never more)."""
    return likeness(form_of(left), form_of(right), at_least=NEAR) > 0
