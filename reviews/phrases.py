"""What words say together: a word of one set near a word of another in one sentence. Pure.

Words are looked up in tables; what softens a phrase ("never skip", "if the check was skipped") is
looked for around it.
"""

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from reviews.hits import Code, Hit
from reviews.vocabulary import SETS_OF_WORD, Set

# Plain numbers: an operation on a flag costs ten times one on an int.
_SPREAD, _UNSPREAD = int(Set.SPREAD), int(Set.UNSPREAD)
_SECRET_STATE, _SECRET = int(Set.SECRET_STATE), int(Set.SECRET)
_NEGATION, _NEVER, _CHECK = int(Set.NEGATION), int(Set.NEVER), int(Set.CHECK)
_WITHOUT, _WEAK_COMMAND = int(Set.WITHOUT), int(Set.WEAK_COMMAND)
# "not" makes an order only behind one of these: "do not ask", but not "the card is not valid".
_ORDER_BEFORE_NOT = frozenset(["do", "must", "should", "need", "shall", "to", "please", "may"])
_IS = frozenset(["is", "ist", "was", "equals"])
_CONDITIONS = frozenset(["until", "once", "if", "unless", "when", "after", "before", "only"])


_GAP = re.compile(r"(\W+)")
_BREAK = re.compile(r"[.!?;](?:\s|$)|\u3002|\n\s*(?:\n|[-*•#])")
_ARGUMENT = re.compile(
    r"\s{1,3}(?:-{1,2}[a-z0-9]|\.{0,2}/|~/|\$[a-z{(]|\||\.(?:\s|$)|[\w-]{1,40}\."
    r"(?:sh|py|js|exe|bat|ps1|rb|pl|sql|txt|csv|json|log|conf|env)\b)"
)


class _Sentence:
    """The words of a folded text with their places, and what vetoes need to ask of them."""

    def __init__(self, folded: str) -> None:
        pieces = _GAP.split(folded)
        self.words = pieces[::2]
        self.gaps = pieces[1::2]
        self.ends = list(accumulate(map(len, pieces)))[::2]

    def start(self, at: int) -> int:
        return self.ends[at] - len(self.words[at])

    def is_whole(self, first: int, last: int) -> bool:
        """Say whether no sentence ends between two words."""
        return not any(map(_BREAK.search, self.gaps[first:last]))

    def before(self, at: int, most: int) -> list[str]:
        """Return up to `most` words before `at` in its line and sentence.

        What softens a phrase has to stand in its own line: else the end of the line before could.
        """
        first = at
        while first > max(0, at - most):
            gap = self.gaps[first - 1]
            if "\n" in gap or _BREAK.search(gap):
                break
            first -= 1
        return self.words[first:at]

    def reach(self, at: int, most: int) -> list[str]:
        """Return up to `most` words before `at` in its sentence, over lines."""
        first = at
        while first > max(0, at - most) and not _BREAK.search(self.gaps[first - 1]):
            first -= 1
        return self.words[first:at]

    def is_negated(self, at: int, most: int) -> bool:
        """Say whether a negation up to `most` words before, with no comma between, governs it."""
        for back, word in enumerate(reversed(self.before(at, most)), start=1):
            if "," in self.gaps[at - back]:
                return False
            if SETS_OF_WORD.get(word, 0) & _NEGATION:
                return True
        return False

    def is_name(self, at: int) -> bool:
        """Say whether a word stands alone between backticks, as tools are named."""
        before = self.gaps[at - 1] if at else ""
        after = self.gaps[at] if at < len(self.gaps) else ""
        return before.endswith("`") and after.startswith("`") and "-" not in after

    def after(self, at: int, most: int) -> list[str]:
        """Return up to `most` words from `at` on in the sentence."""
        last = at
        while last < min(len(self.words), at + most) and not _BREAK.search(self.gaps[last - 1]):
            last += 1
        return self.words[at:last]

    def gives_value(self, at: int) -> bool:
        """Say whether what stands before `at` is set to something: "is hunter2", ": x", "= x"."""
        gap = self.gaps[at - 1] if at <= len(self.gaps) else ""
        following = self.after(at, 2)
        told = len(following) > 1 and following[0] in _IS and not _belongs(following[1])
        return told or gap.strip() in {":", "=", ": "}

    def is_conditional(self, first: int, last: int) -> bool:
        """Say whether an approval is asked for or supposed here, not claimed."""
        inside = self.words[first:last]
        is_demand = "be" in {self.words[last - 2], *self.before(first, 1)}
        before = self.before(first, 4)
        at_once = before[:1] == ["once"] and self.words[first - len(before) - 1] == "at"
        return is_demand or _has_negation(inside) or _supposes([*before[at_once:], *inside])


def _has_negation(words: Sequence[str]) -> bool:
    return any(SETS_OF_WORD.get(word, 0) & _NEGATION for word in words)


def _supposes(words: Sequence[str]) -> bool:
    # "At once" is no condition.
    pairs = zip(["", *words], words, strict=False)
    return any(word in _CONDITIONS and before != "at" for before, word in pairs)


_Veto = Callable[[_Sentence, int, int], bool]


def _is_kept_check(sentence: _Sentence, first: int, _last: int) -> bool:
    # "Never skip the check", "Do not pay without approval".
    reach = 6 if SETS_OF_WORD[sentence.words[first]] & _WITHOUT else 1
    return sentence.is_negated(first, reach)


def _is_still_needed(sentence: _Sentence, first: int, last: int) -> bool:
    return not _has_negation([*sentence.reach(first, 2), *sentence.words[first:last]])


def _is_no_order(sentence: _Sentence, first: int, last: int) -> bool:
    # "If the check was skipped", "must not be skipped".
    words = [*sentence.before(first, 3), *sentence.words[first:last]]
    return _has_negation(words) or _supposes(words)


def _is_negated(sentence: _Sentence, first: int, _last: int) -> bool:
    return sentence.is_negated(first, 1)


_SPREAD_REACH = 8
# Tools that take commands are often called by these: a name in backticks runs nothing.
_SHELLS = frozenset(["bash", "zsh", "powershell", "psql", "mysql", "sqlite3", "docker", "kubectl"])


def _is_safe_secret(sentence: _Sentence, first: int, last: int) -> bool:
    """Say whether a secret is only spoken of: not to be spread, or its state ("has expired")."""
    if sentence.gives_value(last):
        return False
    around = sentence.reach(first, _SPREAD_REACH)
    kept = [at for at, word in enumerate(around) if _belongs(word) & _UNSPREAD]
    if any(_has_negation(around[max(0, at - 2) : at]) for at in kept):
        return False
    before = sentence.before(first, _SPREAD_REACH)
    if len(before) < len(around) and any(_belongs(word) & _SPREAD for word in around):
        return False
    spreads = [at for at, word in enumerate(before) if _belongs(word) & _SPREAD]
    beside = [*before[-2:], *sentence.after(last, 3)]
    if not spreads:
        return any(_belongs(word) & _SECRET_STATE for word in beside)
    place = first - len(before) + spreads[0]
    is_forbidden = sentence.is_negated(place, 2) or before[max(0, spreads[0] - 1)] == "not"
    return is_forbidden and len(_SPREADERS_END & set(before[spreads[0] :])) == 0


def _is_about_secret(sentence: _Sentence, _first: int, last: int) -> bool:
    # "Never ask the customer for a password".
    asks = sentence.words[last - 1] in {"ask", "asking"}
    return asks and any(_belongs(word) & _SECRET for word in sentence.after(last, 6))


_SPREADERS_END = frozenset(["but", "and", "unless", "except", "without", "until", "then"])


def _belongs(word: str) -> int:
    return SETS_OF_WORD.get(word, 0)


def _is_condition(sentence: _Sentence, first: int, last: int) -> bool:
    return sentence.is_conditional(first, last)


def _is_other_text(sentence: _Sentence, first: int, last: int) -> bool:
    is_named = not {"this", "these", "following"}.isdisjoint(sentence.before(first, 1))
    return not is_named or sentence.is_conditional(first, last)


def _is_told(sentence: _Sentence, first: int, _last: int) -> bool:
    return not _has_negation(sentence.reach(first, 3))


def _is_kept_record(sentence: _Sentence, first: int, last: int) -> bool:
    # "Never delete the audit log", "do not turn off logging".
    if sentence.words[first] == "off" and "turn" not in sentence.reach(first, 2):
        return True
    return sentence.is_negated(first, 3) or _supposes(sentence.words[first:last])


def _never(_sentence: _Sentence, _first: int, _last: int) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A word of `first` and, at most `gap` words later in the same sentence, one of `second`."""

    code: Code
    first: Set
    second: Set
    gap: int
    veto: _Veto = _never


_PHRASES: Sequence[_Phrase] = (
    _Phrase(Code.SKIPPED_CHECK, Set.SKIP | Set.WITHOUT, Set.CHECK | Set.PROOF, 4, _is_kept_check),
    _Phrase(Code.SKIPPED_CHECK, Set.PRETEND, Set.SAID_DONE, 5, _is_no_order),
    _Phrase(Code.SKIPPED_CHECK, Set.INSTEAD, Set.CHECK, 4),
    _Phrase(Code.SKIPPED_CHECK, Set.PROOF, Set.NEEDED, 4, _is_still_needed),
    _Phrase(Code.SKIPPED_CHECK, Set.NEEDED, Set.CHECK | Set.PROOF, 3, _is_still_needed),
    _Phrase(Code.OVERSIGHT, Set.HIDE_VERB, Set.OVERSEER, 4, _is_told),
    _Phrase(Code.OVERSIGHT, Set.ERASE, Set.RECORD, 4, _is_kept_record),
    _Phrase(Code.PERMISSION, Set.NEVER, Set.REFUSE, 2),
    _Phrase(Code.SKIPPED_CHECK, Set.NEVER, Set.CHECK_VERB, 2, _is_about_secret),
    _Phrase(Code.SKIPPED_CHECK, Set.CHECK, Set.UNNEEDED, 4, _is_no_order),
    _Phrase(Code.SKIPPED_CHECK, Set.CHECK, Set.NEEDED, 4, _is_still_needed),
    _Phrase(Code.SKIPPED_CHECK, Set.FOREIGN_NOT, Set.FOREIGN_VERB, 2),
    _Phrase(Code.SKIPPED_CHECK, Set.FOREIGN_VERB, Set.FOREIGN_NOT, 1),
    _Phrase(Code.SECRECY, Set.NEVER, Set.HIDE_VERB, 2),
    _Phrase(Code.INSTRUCTION, Set.OVERRIDE, Set.ORDERS, 4, _is_negated),
    _Phrase(Code.AUTHORITY, Set.APPROVER, Set.APPROVED, 4, _is_condition),
    _Phrase(Code.AUTHORITY, Set.APPROVED, Set.APPROVER, 4, _is_condition),
    _Phrase(Code.AUTHORITY, Set.THIS_TEXT, Set.APPROVED, 3, _is_other_text),
    _Phrase(Code.PERMISSION, Set.YOU, Set.ALLOWED, 3, _is_condition),
    _Phrase(Code.PERMISSION, Set.GREAT, Set.RIGHTS, 2),
    _Phrase(Code.PERMISSION, Set.GRANT, Set.RIGHTS, 4),
    _Phrase(Code.CREDENTIAL, Set.KEY_KIND, Set.KEY, 1, _is_safe_secret),
    _Phrase(Code.PACKAGE, Set.MANAGER, Set.FETCH, 2),
    _Phrase(Code.PACKAGE, Set.INSTALL, Set.SOFTWARE, 4),
)
_ALONE: Mapping[Set, Code] = {
    Set.COMMAND: Code.COMMAND,
    Set.SECRET: Code.CREDENTIAL,
    Set.RUNNER: Code.PACKAGE,
}


@dataclass(frozen=True, slots=True)
class _Part:
    """What a word of certain sets does: codes it stands for alone, phrases it ends and begins."""

    codes: tuple[Code, ...]
    is_weak_command: bool
    ends: tuple[int, ...]
    begins: tuple[int, ...]


@cache
def _part_of(belongs: int) -> _Part:
    return _Part(
        codes=tuple(code for kind, code in _ALONE.items() if belongs & int(kind)),
        is_weak_command=bool(belongs & _WEAK_COMMAND),
        ends=tuple(at for at, phrase in enumerate(_PHRASES) if belongs & int(phrase.second)),
        begins=tuple(at for at, phrase in enumerate(_PHRASES) if belongs & int(phrase.first)),
    )


def word_hits(folded: str, enough: Container[Code]) -> Iterator[Hit]:
    """Find what the words of a folded text say, alone or together."""
    sentence = _Sentence(folded)
    words, ends, look_up = sentence.words, sentence.ends, SETS_OF_WORD.get
    marks = [(at, belongs) for at, word in enumerate(words) if (belongs := look_up(word, 0))]
    begun = [-1] * len(_PHRASES)
    for at, belongs in marks:
        is_order = words[at] == "not" and at > 0 and words[at - 1] in _ORDER_BEFORE_NOT
        part = _part_of(belongs | _NEVER if is_order else belongs)
        for code in part.codes:
            if code is Code.CREDENTIAL and _is_safe_secret(sentence, at, at + 1):
                continue
            if words[at] in _SHELLS and sentence.is_name(at):
                continue
            if code not in enough:
                yield Hit(code, sentence.start(at), ends[at])
        if part.is_weak_command and Code.COMMAND not in enough:
            found = _ARGUMENT.match(folded, ends[at])
            if found is not None:
                yield Hit(Code.COMMAND, sentence.start(at), found.end())
        for number in part.ends:
            first, phrase = begun[number], _PHRASES[number]
            if first < 0 or at - first > phrase.gap or phrase.code in enough:
                continue
            if sentence.is_whole(first, at) and not phrase.veto(sentence, first, at + 1):
                yield Hit(phrase.code, sentence.start(first), ends[at])
        for number in part.begins:
            begun[number] = at


def is_check(statement: str) -> bool:
    """Say whether a folded statement has a word of checking: verify, approval, identity."""
    return any(SETS_OF_WORD.get(word, 0) & _CHECK for word in _GAP.split(statement)[::2])
