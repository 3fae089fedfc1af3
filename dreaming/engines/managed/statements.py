"""A statement taken apart for being looked for: what it says, its figures, its turns. Pure.

Nothing here weighs likeness. A word that was put in another's place, a figure, a "not" or an "only"
makes another statement, however much the rest agrees.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from dreaming.likeness import NEGATIONS, expand_contractions, split_statements

LONGEST = 1_000
"""Characters of one sentence; what is longer is no sentence anybody said."""

LEAST = 2
"""Telling words without which a statement says too little to be looked for."""

_BESIDE = 2
_ORDERED = 0.6
"""So much of a statement's words stand in the source in the statement's order."""

_TOKEN = re.compile(
    r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?(?:[._/@:]+\w+)*(?:_+\w*)*|_\w+|\w+", re.UNICODE
)
_MONEY = re.compile(r"([$€£])\s?(\d[\d.,]*)")
_LETTER = re.compile(r"(?<=\w )([A-HJ-Z])(?=[.,;:!?)]|\s*$)")
"""A letter that names something: "vault A"."""

_AT_ONCE = re.compile(r"\b(?:at once|right away|straight away)\b", re.IGNORECASE)
_SIGNS = {"$": "dollar", "€": "euro", "£": "pound"}
_SAME = {
    **dict.fromkeys(("usd", "dollars", "bucks"), "dollar"),
    **dict.fromkeys(("eur", "euros"), "euro"),
    **dict.fromkeys(("gbp", "pounds"), "pound"),
    **dict.fromkeys(("yearly", "annually", "annual", "years"), "year"),
    **dict.fromkeys(("monthly", "months"), "month"),
    **dict.fromkeys(("weekly", "weeks"), "week"),
    **dict.fromkeys(("daily", "days"), "day"),
    **dict.fromkeys(("want", "wants", "like", "likes", "wish", "wishes", "prefers"), "prefer"),
    **dict.fromkeys(("call", "calls", "calling", "run", "runs", "using", "uses", "used"), "use"),
    **dict.fromkeys(("sent", "sends", "sending"), "send"),
    **dict.fromkeys(("paid", "pays", "paying"), "pay"),
    **dict.fromkeys(("written", "wrote", "writes", "writing"), "write"),
}
_FIGURE_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"
_FIGURES = {word: str(figure) for figure, word in enumerate(_FIGURE_WORDS.split())}
_LIGHT_WORDS = (
    "a an the and or of in on at with as is are be been was were am has have had do does did it"
    " its this that these those there here he she we they i you your our my me us them their his"
    " her who which please always must should shall will would need needs may can so very just"
    " really also now note remember per each every all any use user users customer customers"
    " client clients member members agent agents sure ensure get gets got go goes when while once"
    " whenever people person someone"
)
_LIGHT = frozenset(_LIGHT_WORDS.split())
"""Words that carry nothing a source must have, or that have their own check."""

_TURNS_WORDS = (
    "if unless only except until whether maybe perhaps might could sometimes rarely most some few"
    " wrong false untrue incorrect mistaken instead rather formerly previously anymore obsolete"
    " outdated deprecated think thought believe guess assume suppose heard allegedly apparently"
    " rumour rumor pretend imagine hypothetical hypothetically example optional optionally"
    " normally usually almost nearly hardly barely claimed tried attempted attacker may can when"
    " whenever while once"
)
_TURNS = frozenset(_TURNS_WORDS.split())
"""Words that bend what a sentence says: a source may not have one that the statement has not."""

_TIMES = frozenset({"when", "whenever", "while", "once"})
_WEAK = frozenset({"may", "can", "could", "might"})
"""A statement that says when, or is weaker, needs no source that does; the other way it does."""

_STRICT = frozenset({"before", "after", "over", "than", "instead", "then"})
_NARROWS = frozenset({"by", "for"})
_PIVOTS = _STRICT | _NARROWS | frozenset({"from", "to", "until", "into"})
_DENIALS_WORDS = (
    "nobody none nothing nowhere refuse refuses refused forbid forbids forbidden prohibit"
    " prohibited refrain deny denies denied ban banned refusal"
)
_DENIALS = NEGATIONS | frozenset(_DENIALS_WORDS.split())
_NO_LONGER = re.compile(r"\bno longer\b|\bnot any ?more\b|\bused to\b")
_WRONG = re.compile(
    r"\W*(?:no\b|nope\b|wrong\b|not (?:true|so|right|correct)\b|incorrect\b|actually\b|scratch that"
    r"|that(?:'s| is| was) (?:not|wrong|false|incorrect|outdated)|forget (?:that|it)|ignore that"
    r"|correction\b|sorry\b|just kidding|i was (?:wrong|joking))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a statement says. words: its telling stems in order, with figures and names.

    sides: what stands right behind a word that gives a direction ("before", "to"); beside: a figure
    with the stem behind it. turns: words that bend it; negations: how many.
    """

    words: tuple[str, ...]
    names: tuple[str, ...]
    beside: frozenset[tuple[str, str]]
    sides: frozenset[tuple[str, str]]
    turns: frozenset[str]
    negations: int
    is_question: bool = False

    @property
    def telling(self) -> frozenset[str]:
        """Return its words without their order."""
        return frozenset(self.words)


@lru_cache(maxsize=65536)
def read(text: str) -> Reading:
    """Return what `text`, one sentence, says."""
    plain = _NO_LONGER.sub(" not ", expand_contractions(_spell_out(text)))
    tokens = [_SAME.get(found, found) for found in map(_trim, _TOKEN.findall(plain)) if found]
    said = _said(text)
    telling = [(at, _stem(token)) for at, token in enumerate(tokens) if _tells(token)]
    return Reading(
        words=tuple(stem for _, stem in telling),
        names=tuple(stem for _, stem in telling if _names(stem) or stem in said),
        beside=frozenset(_pairs(tokens, telling, _is_figure)),
        sides=frozenset(_pairs(tokens, telling, _PIVOTS.__contains__)),
        turns=frozenset(token for token in tokens if token in _TURNS),
        negations=sum(token in _DENIALS for token in tokens),
        is_question=text.rstrip().endswith("?"),
    )


def _spell_out(text: str) -> str:
    text = _AT_ONCE.sub("immediately", text)
    spelled = _MONEY.sub(lambda found: f"{found[2]} {_SIGNS[found[1]]}", text)
    spelled = re.sub(r"(\d)\s?%", r"\1 percent", spelled.replace("-", " ").replace("`", " "))
    return _LETTER.sub(r"sign.\1", spelled)


def _trim(token: str) -> str:
    plain = token.strip("'._/:@")
    figure = _FIGURES.get(plain, plain)
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", figure)


def _tells(token: str) -> bool:
    return token not in _LIGHT and token not in _DENIALS and token not in _PIVOTS


def _is_figure(token: str) -> bool:
    return token[:1].isdigit()


def _names(stem: str) -> bool:
    """Say whether a stem is the name of something: of a tool, a file, a place in a system."""
    return any(sign in stem for sign in "_./@:") or any(letter.isdigit() for letter in stem)


def _said(text: str) -> frozenset[str]:
    """Return the stems of words that are written like names: with a capital inside a sentence."""
    return frozenset(_stem(found.lower()) for found in re.findall(r"(?<=[\w,;] )[A-Z]\w+", text))


def _pairs(
    tokens: list[str], telling: list[tuple[int, str]], is_meant: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    for at, token in enumerate(tokens):
        if is_meant(token):
            behind = next((stem for place, stem in telling if place > at), "")
            yield token, behind


def _stem(word: str) -> str:
    """Return a word without its ending; names and figures stay whole."""
    if _names(word) or len(word) < 4:
        return word
    for ending in ("ings", "ing", "edly", "ed", "es", "s", "ly"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and not (ending == "s" and rest.endswith("s")):
            word = rest
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    word = f"{word[:-1]}i" if word.endswith("y") and len(word) > 3 else word
    return word.removesuffix("e") if len(word) > 3 else word


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text as they stand in it, word for word."""
    parts = [part.strip() for one in split_statements(text) for part in one.split(";")]
    return [part for part in parts if part and len(part) <= LONGEST]


def is_taken_back(following: str) -> bool:
    """Say whether what follows a sentence takes it back."""
    return bool(_WRONG.match(following))


def says(source: Reading, wanted: Reading) -> bool:
    """Say whether the sentence `source` says what `wanted` does.

    It has every telling word close together, every figure with what it counts and no other one of
    that, the same negation, the same directions, nothing that bends it, and is no question.
    """
    if source.is_question or len(wanted.telling) < LEAST or not wanted.telling <= source.telling:
        return False
    if source.negations != wanted.negations or source.turns - wanted.turns:
        return False
    return (
        not wanted.turns - source.turns - _TIMES - _WEAK
        and _counts_same(source, wanted)
        and _points_same(source, wanted)
        and _stands_together(source.words, wanted.telling)
        and _in_order(source, wanted)
    )


def _counts_same(source: Reading, wanted: Reading) -> bool:
    """Say whether each figure counts the same, and nothing else of that kind is counted beside."""
    counted = {what for _, what in wanted.beside}
    return wanted.beside <= source.beside and not any(
        what in counted for _, what in source.beside - wanted.beside
    )


def _points_same(source: Reading, wanted: Reading) -> bool:
    """Say whether what a direction points at is the same, and no other is pointed at."""
    for pivot, target in wanted.sides - source.sides:
        others = any(pivot == p or (target and target == t) for p, t in source.sides)
        if pivot in _STRICT or others:
            return False
    pivots = {pivot for pivot, _ in wanted.sides}
    for pivot, target in source.sides - wanted.sides:
        narrows = pivot in _NARROWS and target not in wanted.telling
        turns = pivot in _STRICT and target in wanted.telling
        if target and (pivot in pivots or narrows or turns):
            return False
    return True


def _stands_together(source: tuple[str, ...], wanted: frozenset[str]) -> bool:
    """Say whether some stretch of the source has all words and hardly a foreign one among them.

    A foreign figure right beside the stretch is a limit that the statement leaves out.
    """
    for start in range(len(source)):
        if source[start] not in wanted:
            continue
        left, foreign, end = set(wanted), 0, start
        while left and end < len(source):
            foreign += source[end] not in wanted
            left.discard(source[end])
            end += 1
        around = (*source[max(0, start - _BESIDE) : start], *source[end : end + _BESIDE])
        is_limited = any(_is_figure(word) and word not in wanted for word in around)
        if not left and foreign <= len(wanted) // 4 and not is_limited:
            return True
    return False


def _in_order(source: Reading, wanted: Reading) -> bool:
    """Say whether the words stand in the source in their order, but for a few; names all do."""
    named = {*source.names, *wanted.names}
    names = tuple(word for word in wanted.words if word in named)
    if _longest_common(source.words, names) < len(names):
        return False
    return _longest_common(source.words, wanted.words) >= _ORDERED * len(wanted.words)


def _longest_common(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    row = [0] * (len(right) + 1)
    for one in left:
        diagonal = 0
        for at, other in enumerate(right, start=1):
            above = row[at]
            row[at] = diagonal + 1 if one == other else max(row[at], row[at - 1])
            diagonal = above
    return row[-1]
