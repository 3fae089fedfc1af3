"""What the words of a text could do: commands, addresses, left-out checks and the like. Pure.

Linear in the length of the text. Words are looked up in tables, a phrase is a word of one set near
a word of another, and every regular expression starts at something its text has few of and looks
at a bounded stretch, so that no text can make it backtrack.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from itertools import accumulate
from typing import NamedTuple

from reviews.diffs import HIDDEN
from reviews.disguises import find_codes, split_camels, unmask
from reviews.vocabulary import LETTER_APOSTROPHE, SETS_OF_WORD, Set


class Code(StrEnum):
    """What a reason of a risk is about; stable, for rules and audit entries, worst first."""

    SKIPPED_CHECK = "skipped_check"
    OVERSIGHT = "oversight"
    REMOVED_CHECK = "removed_check"
    INSTRUCTION = "instruction"
    CREDENTIAL = "credential"
    COMMAND = "command"
    PACKAGE = "package"
    ADDRESS = "address"
    PERMISSION = "permission"
    AUTHORITY = "authority"
    HIDDEN = "hidden"
    MIXED_SCRIPT = "mixed_script"
    BLOB = "blob"
    NO_SOURCE = "no_source"
    TAINT = "taint"
    PROTECTED = "protected"
    SECRECY = "secrecy"
    RETIRE = "retire"
    REMOVAL = "removal"
    APPROVALS_ONLY = "approvals_only"


class Hit(NamedTuple):
    """Something found from `start` to `end` in the folded text of a reading."""

    code: Code
    start: int
    end: int


_BOUNDARY = re.compile(r"\n+|(?<=[.!?;])\s+|(?<=\u3002)")
_APOSTROPHE = re.compile(r"(?<=\w)['\u2019](?=\w)")
# Some signs stand for eighteen letters each; a text of them is not read, it is reported.
_MOST_GROWTH = 2
_PIECE = 4_096
_HIDDEN_RUN = re.compile(f"(?:{HIDDEN.pattern})+")
# What composition leaves over is drawn over letters to part them from their words.
_MARKS = re.compile("[\u0300-\u036f]+")
# Odd spaces stay spaces and line separators line feeds; what has no width goes.
_PLAIN_SPACES = dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F], " ") | {
    0x2028: "\n",
    0x2029: "\n",
}


def fold(text: str) -> str:
    """Return a text as it is screened, in lower case."""
    return Reading(text).folded


class Reading:
    """A text as it is screened: compatibility forms folded, hidden characters out, lower case.

    is_unreadable: folding would have blown the text up; it was left as it is.
    """

    def __init__(self, text: str) -> None:
        bare = text if text.isascii() else _HIDDEN_RUN.sub("", text.translate(_PLAIN_SPACES))
        normal = _normalised(bare)
        self.is_unreadable = normal is None
        self.normal = bare if normal is None else _MARKS.sub("", normal)
        self.folded = self.normal.lower()
        if "'" in self.folded or "\u2019" in self.folded:
            self.folded = _APOSTROPHE.sub(LETTER_APOSTROPHE, self.folded)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _BOUNDARY.finditer(self.folded))]

    @cached_property
    def statements(self) -> list[str]:
        """Return the statements of the folded text, white space collapsed."""
        ends = [*self._starts[1:], len(self.folded)]
        pieces = zip(self._starts, ends, strict=True)
        return [" ".join(self.folded[start:end].split()) for start, end in pieces]

    def statements_at(self, hit: Hit) -> range:
        """Return the numbers of the statements `hit` stands in."""
        first = bisect_right(self._starts, hit.start) - 1
        return range(first, max(first + 1, bisect_right(self._starts, hit.end - 1)))

    def words_at(self, hit: Hit) -> str:
        """Return the words of `hit` as they were written, white space collapsed."""
        return self._written(hit.start, hit.end)

    def statement_at(self, hit: Hit) -> str:
        """Return the statements `hit` stands in, as they were written."""
        return self._written(*self.span_at(hit))

    def span_at(self, hit: Hit) -> tuple[int, int]:
        """Return where the statements of `hit` begin and end."""
        numbers = self.statements_at(hit)
        following = numbers.stop
        end = self._starts[following] if following < len(self._starts) else len(self.folded)
        return self._starts[numbers.start], end

    def _written(self, start: int, end: int) -> str:
        # Lower case has another length in a handful of scripts; then it is shown in lower case.
        same_places = len(self.normal) == len(self.folded)
        return " ".join((self.normal if same_places else self.folded)[start:end].split())


def _normalised(text: str) -> str | None:
    """Return `text` in NFKC, None where that would be more than twice as long."""
    if text.isascii():
        return text
    pieces: list[str] = []
    room = _MOST_GROWTH * len(text) + 100
    for at in range(0, len(text), _PIECE):
        pieces.append(unicodedata.normalize("NFKC", text[at : at + _PIECE]))
        room -= len(pieces[-1])
        if room < 0:
            return None
    return "".join(pieces)


def screen(reading: Reading, enough: Container[Code] = frozenset()) -> Iterator[Hit]:
    """Yield what the text holds, in no order; one place can be hit more than once.

    enough: codes nobody asks for any more; it is looked at again and again while hits are taken.
    """
    yield from _word_hits(reading.folded, enough)
    yield from _pattern_hits(reading.folded, enough)
    yield from _host_hits(reading.folded, enough)
    yield from _blob_hits(reading.normal, enough)
    yield from _disguised_hits(reading, enough)
    if not reading.folded.isascii():
        yield from _mixed_scripts(reading.folded, enough)
        yield from _phrases_without_spaces(reading.folded)


# In a name words are parts of one thing: what they say together counts, what each says does not.
_SAID_BY_NAMES = frozenset(
    {Code.SKIPPED_CHECK, Code.OVERSIGHT, Code.INSTRUCTION, Code.AUTHORITY, Code.PERMISSION}
)
_ORDER_AS_NAME = re.compile(
    r"(?<!\w)(?:always|never|you|please|remember|from_now|do_not|dont|note_to|system|dear)"
    r"(?:_[^\W_]{1,30}){3,30}"
)
_COMMAND_AS_NAME = re.compile(
    r"(?<![^\W_])(?:curl|wget|sudo|rm|chmod|pip_install|npm_install)_[^\W_]{1,30}_\w{1,60}"
)
_SPREAD_AS_NAME = re.compile(
    r"(?<![^\W_])(?:send|tell|include|share|give|show|print|log|leak|reveal|post|export|dump|copy)_"
    r"(?:[^\W_]{1,20}_){0,3}(?:passwords?|credentials?|secrets?|api_keys?|tokens?|otp)(?![^\W_])"
)


def _disguised_hits(reading: Reading, enough: Container[Code]) -> Iterator[Hit]:
    """Find what is written with look-alike letters, as one name, or in a code."""
    texts = [reading.folded]
    for plain in unmask(reading.folded):
        texts.append(plain)
        yield from _word_hits(plain, enough)
        yield from _pattern_hits(plain, enough, only=Code.INSTRUCTION)
    for text in texts:
        if "_" in text:
            yield from _name_hits(text, enough)
    for start, end, words in split_camels(reading.normal):
        for hit in _word_hits(words, enough):
            if hit.code in _SAID_BY_NAMES:
                yield Hit(hit.code, start, end)
    for start, end in find_codes(reading.normal):
        if Code.BLOB not in enough:
            yield Hit(Code.BLOB, start, end)


def _name_hits(folded: str, enough: Container[Code]) -> Iterator[Hit]:
    """Find what names say whose words stand between underscores."""
    parted = folded.replace("_", " ")
    for hit in _word_hits(parted, enough):
        if hit.code in _SAID_BY_NAMES:
            yield hit
    yield from _pattern_hits(parted, enough, only=Code.INSTRUCTION)
    for code, pattern in (
        (Code.INSTRUCTION, _ORDER_AS_NAME),
        (Code.COMMAND, _COMMAND_AS_NAME),
        (Code.CREDENTIAL, _SPREAD_AS_NAME),
    ):
        for found in pattern.finditer(folded):
            if code not in enough:
                yield Hit(code, found.start(), found.end())


# Plain numbers: an operation on a flag costs ten times one on an int.
_SPREAD, _UNSPREAD = int(Set.SPREAD), int(Set.UNSPREAD)
_SECRET_STATE = int(Set.SECRET_STATE)
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

    def is_negated(self, at: int, most: int) -> bool:
        """Say whether a negation up to `most` words before, with no comma between, governs it."""
        for back, word in enumerate(reversed(self.before(at, most)), start=1):
            if "," in self.gaps[at - back]:
                return False
            if SETS_OF_WORD.get(word, 0) & _NEGATION:
                return True
        return False

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
        return is_demand or _has_negation(inside) or _supposes([*self.before(first, 4), *inside])


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
    return not _has_negation([*sentence.before(first, 2), *sentence.words[first:last]])


def _is_no_order(sentence: _Sentence, first: int, last: int) -> bool:
    # "If the check was skipped", "must not be skipped".
    words = [*sentence.before(first, 3), *sentence.words[first:last]]
    return _has_negation(words) or _supposes(words)


def _is_negated(sentence: _Sentence, first: int, _last: int) -> bool:
    return sentence.is_negated(first, 1)


_SPREAD_REACH = 8


def _is_safe_secret(sentence: _Sentence, first: int, last: int) -> bool:
    """Say whether a secret is only spoken of: not to be spread, or its state ("has expired")."""
    if sentence.gives_value(last):
        return False
    before = sentence.before(first, _SPREAD_REACH)
    spreads = [at for at, word in enumerate(before) if _belongs(word) & _SPREAD]
    beside = [*before[-2:], *sentence.after(last, 3)]
    kept = [at for at, word in enumerate(before) if _belongs(word) & _UNSPREAD]
    if any(sentence.is_negated(first - len(before) + at, 2) for at in kept):
        return False
    if not spreads:
        return any(_belongs(word) & _SECRET_STATE for word in beside)
    place = first - len(before) + spreads[0]
    is_forbidden = sentence.is_negated(place, 2) or before[max(0, spreads[0] - 1)] == "not"
    return is_forbidden and len(_SPREADERS_END & set(before[spreads[0] :])) == 0


_SPREADERS_END = frozenset(["but", "and", "unless", "except", "without", "until", "then"])


def _belongs(word: str) -> int:
    return SETS_OF_WORD.get(word, 0)


def _is_condition(sentence: _Sentence, first: int, last: int) -> bool:
    return sentence.is_conditional(first, last)


def _is_other_text(sentence: _Sentence, first: int, last: int) -> bool:
    is_named = not {"this", "these", "following"}.isdisjoint(sentence.before(first, 1))
    return not is_named or sentence.is_conditional(first, last)


def _is_told(sentence: _Sentence, first: int, _last: int) -> bool:
    return not sentence.is_negated(first, 3)


def _is_kept_record(sentence: _Sentence, first: int, last: int) -> bool:
    # "Never delete the audit log", "do not turn off logging".
    if sentence.words[first] == "off" and "turn" not in sentence.before(first, 2):
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
    _Phrase(Code.SKIPPED_CHECK, Set.PRETEND, Set.CLAIMED, 5, _is_no_order),
    _Phrase(Code.SKIPPED_CHECK, Set.INSTEAD, Set.CHECK, 4),
    _Phrase(Code.SKIPPED_CHECK, Set.PROOF, Set.NEEDED, 4, _is_still_needed),
    _Phrase(Code.SKIPPED_CHECK, Set.NEEDED, Set.CHECK | Set.PROOF, 3, _is_still_needed),
    _Phrase(Code.OVERSIGHT, Set.HIDE_VERB, Set.OVERSEER, 4, _is_told),
    _Phrase(Code.OVERSIGHT, Set.ERASE, Set.RECORD, 4, _is_kept_record),
    _Phrase(Code.PERMISSION, Set.NEVER, Set.REFUSE, 2),
    _Phrase(Code.SKIPPED_CHECK, Set.NEVER, Set.CHECK_VERB, 2),
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


def _word_hits(folded: str, enough: Container[Code]) -> Iterator[Hit]:
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


# Patterns. A pattern is only tried when one of its literals is in the text at all.


@dataclass(frozen=True, slots=True)
class _Pattern:
    code: Code
    literals: tuple[str, ...]
    pattern: re.Pattern[str]


def _pattern(code: Code, literals: str, pattern: str) -> _Pattern:
    if code in {Code.INSTRUCTION, Code.PERMISSION}:
        # Words of a sentence may stand in two lines.
        pattern = pattern.replace(" ", r"\s{1,3}")
    return _Pattern(code, tuple(literals.split()), re.compile(pattern, re.MULTILINE))


_PATTERNS: Sequence[_Pattern] = (
    _pattern(
        Code.ADDRESS, "://", r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,15}://[^\s<>\"'`)\]]{1,300}"
    ),
    _pattern(
        Code.ADDRESS, "data: javascript: mailto:", r"\b(?:data:[a-z]|javascript:|mailto:)\S{1,200}"
    ),
    _pattern(Code.ADDRESS, "www.", r"(?<![\w.])www\.[\w.-]{1,250}"),
    _pattern(Code.ADDRESS, "@", r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
    _pattern(
        Code.ADDRESS,
        "[.] (.) [dot] (dot) hxxp",
        r"[\w-]{1,63}\s?(?:\[\.\]|\(\.\)|\[dot\]|\(dot\))\s?[\w-]{1,63}|hxxps?:\S{1,200}",
    ),
    _pattern(Code.ADDRESS, ".", r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\w.]*\w)"),
    _pattern(Code.COMMAND, "|", r"\|\s{0,3}(?:sudo\s)?(?:ba|z|da|k)?sh\b"),
    _pattern(Code.COMMAND, "$(", r"\$\([^)\n]{1,80}"),
    _pattern(Code.COMMAND, "&& ||", r"(?:&&|\|\|)\s?\w{1,40}"),
    _pattern(Code.COMMAND, "--", r"(?<!\S)--[a-z][a-z0-9-]{2,40}"),
    _pattern(
        Code.COMMAND, "```", r"```\s?(?:bash|sh|shell|zsh|console|powershell|cmd|python|sql|js)\b"
    ),
    _pattern(
        Code.COMMAND,
        "/etc/ /dev/ .ssh/ system32",
        r"(?:/etc/|/dev/(?!null)|\.ssh/|system32)[\w./-]{0,60}",
    ),
    _pattern(
        Code.COMMAND,
        "os.system subprocess child_process __import__ eval( exec(",
        r"os\.system|subprocess|child_process|__import__|\b(?:eval|exec)\(",
    ),
    _pattern(
        Code.COMMAND,
        "table delete insert",
        r"\b(?:(?:drop|truncate|alter)\s{1,5}table|delete\s{1,5}from|insert\s{1,5}into)\b",
    ),
    _pattern(
        Code.SKIPPED_CHECK,
        "verify --insecure",
        r"verify\s?=\s?(?:false|0|none)\b|--insecure\b|--no-verify\b",
    ),
    _pattern(
        Code.CREDENTIAL,
        "sk- ghp_ gho_ ghs_ github_pat_ akia asia xox aiza eyj private dbk_ glpat- npm_ hf_ pypi-",
        r"(?<![\w-])(?:sk-[a-z0-9_-]{16,200}|gh[pousr]_[a-z0-9]{20,200}"
        r"|github_pat_[a-z0-9_]{20,200}|a[ks]ia[a-z0-9]{16}\b|xox[abeoprs]-[a-z0-9-]{10,200}"
        r"|aiza[a-z0-9_-]{30,200}|eyj[a-z0-9_-]{10,400}\.[a-z0-9_-]{10,400}"
        r"|-----begin [a-z ]{0,30}private key|dbk_[a-z0-9_-]{16,200}|glpat-[a-z0-9_-]{16,200}"
        r"|npm_[a-z0-9]{30,200}|hf_[a-z0-9]{20,200}|pypi-[a-z0-9_-]{20,200})",
    ),
    _pattern(
        Code.CREDENTIAL,
        "token secret pwd",
        r"\b(?:token|secret|pwd)\s{0,3}[=:]\s{0,3}[^\s]{6,80}",
    ),
    _pattern(
        Code.PACKAGE,
        "== >= ~= requirements.txt package.json pyproject.toml",
        r"(?<![\w.-])[a-z][\w.-]{1,60}[=>~]=\d|\b(?:requirements\.txt|package\.json|pyproject\.toml)",
    ),
    _pattern(
        Code.INSTRUCTION,
        "prompt developer you jailbreak <| [ < : language model an reviewer agent assistant this",
        r"\bsystem prompt\b|\bdeveloper mode\b|\byou are now\b|\bjailbreak|<\|?im_(?:start|end)"
        r"|\[/?inst\]|</?(?:system|assistant|user|instructions?|memory)\b"
        r"|(?:^|[\"'`(>]|:\s)[\s>*#-]{0,8}(?:system|assistant|human|user)\s?:"
        r"|\bas an? (?:ai|language model)\b"
        r"|\b(?:note to|dear|attention|hey)(?: the)? (?:reviewer|agent|ai|assistant|model)\b"
        r"|\b(?:approve|accept|merge|sign) (?:this|the following) "
        r"(?:proposal|change|update|memory|diff|edit)\b",
    ),
)


_PERMITTED = _pattern(
    Code.PERMISSION,
    "admin root superuser any regardless",
    r"\b(?:is|as) (?:an? )?(?:admin|administrator|superuser|root)\b"
    r"|\bany (?:amount|sum)\b|\bregardless of (?:the )?(?:amount|limit|sum)",
)
_TRUSTED = _pattern(
    Code.SKIPPED_CHECK,
    "word trust believe",
    r"\b(?:at|for) (?:their|his|her|its) word\b|\btheir word for it\b"
    r"|\b(?:always|blindly) (?:trust|believe)\b",
)
_UNSEEN = _pattern(
    Code.HIDDEN,
    "<!-- <script <img <iframe <div <span <style <svg <a display:none [//]: onerror=",
    r"<!--.{0,80}|<(?:script|img|iframe|div|span|style|svg|a|object|form|input|link|meta)\b[^>]{0,80}"
    r"|display:\s?none|\[//\]:\s?#|\bon(?:error|load|click)=",
)
_ALL_PATTERNS = (*_PATTERNS, _PERMITTED, _TRUSTED, _UNSEEN)


def _pattern_hits(folded: str, enough: Container[Code], only: Code | None = None) -> Iterator[Hit]:
    for pattern in _ALL_PATTERNS:
        if only is not None and pattern.code is not only:
            continue
        if any(literal in folded for literal in pattern.literals):
            for found in pattern.pattern.finditer(folded):
                if pattern.code in enough:
                    break
                yield Hit(pattern.code, found.start(), found.end())


_HOST_END = re.compile(
    r"\.(?:com|net|org|io|dev|app|ai|co|info|biz|xyz|ru|cn|de|uk|eu|ca|fr|nl|ch|br|jp|kr|site|online"
    r"|shop|cloud|link|click|live|tech|store|gov|edu|mil|int|tk|ml|ga|cf|gq|onion|local|internal"
    r"|example)(?![\w-])"
)
_HOST_LETTERS = re.compile(r"[^\w.@%+-]")
_LONGEST_HOST = 80


def _host_hits(folded: str, enough: Container[Code]) -> Iterator[Hit]:
    """Find host names and mail addresses from their last part backwards."""
    until = -1
    for found in _HOST_END.finditer(folded):
        if Code.ADDRESS in enough:
            return
        is_same_host = found.start() == until
        until = found.end()
        if is_same_host:
            continue
        before = folded[max(0, found.start() - _LONGEST_HOST) : found.start()]
        name = _HOST_LETTERS.split(before)[-1]
        if name[-1:].isalnum():
            yield Hit(Code.ADDRESS, found.start() - len(name), found.end())


_BLOB = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{40,}={0,2}")
_LONGEST_HASH = 64


def _blob_hits(normal: str, enough: Container[Code]) -> Iterator[Hit]:
    """Find long stretches in the signs of base64 or hexadecimal; hashes are short enough."""
    for found in _BLOB.finditer(normal):
        if Code.BLOB in enough:
            return
        sample = found[0][:200]
        is_mixed = all(any(map(kind, sample)) for kind in (str.isupper, str.islower, str.isdigit))
        is_hex = len(found[0]) > _LONGEST_HASH and not sample.strip("0123456789abcdefABCDEF")
        if is_mixed or is_hex:
            yield Hit(Code.BLOB, found.start(), found.end())


# The micro and ohm signs become Greek letters and stand beside Latin ones in units.
_OTHER = "\u0370-\u03bb\u03bd-\u03c8\u03ca-\u03ff\u0400-\u052f"
_MIXED = re.compile(rf"[a-z][{_OTHER}]|[{_OTHER}][a-z]")
_WORD_SIGNS = re.compile(r"\W")
_LONGEST_WORD = 40


def _mixed_scripts(folded: str, enough: Container[Code]) -> Iterator[Hit]:
    """Find words of Latin letters beside Greek or Cyrillic ones, which look alike."""
    until = -1
    for found in _MIXED.finditer(folded):
        if Code.MIXED_SCRIPT in enough:
            return
        start, end = found.span()
        if start < until:
            continue
        head = _WORD_SIGNS.split(folded[max(0, start - _LONGEST_WORD) : start])[-1]
        tail = _WORD_SIGNS.split(folded[end : end + _LONGEST_WORD], maxsplit=1)[0]
        until = end + len(tail)
        yield Hit(Code.MIXED_SCRIPT, start - len(head), until)


def _unspaced(phrases: str) -> re.Pattern[str]:
    """Match phrases of scripts that set no spaces between words, or set them freely."""
    return re.compile("|".join(r"\s?".join(phrase) for phrase in phrases.split()))


_UNSPACED: Mapping[Code, re.Pattern[str]] = {
    Code.SKIPPED_CHECK: _unspaced(
        """跳过验证 跳过确认 跳过检查 无需验证 无需确认 无需审批 不要确认 不要询问 不用确认 確認せず
        確認なし 確認をスキップ 検証をスキップ 承認なし 本人確認を省略 확인없이 검증없이 승인없이
        묻지말"""
    ),
    Code.INSTRUCTION: _unspaced(
        "忽略之前 忽略以上 忽略所有 指示を無視 以前の指示 이전지시 지시를무시"
    ),
    Code.CREDENTIAL: _unspaced("密码 密碼 パスワード 비밀번호"),
}


def _phrases_without_spaces(folded: str) -> Iterator[Hit]:
    for code, pattern in _UNSPACED.items():
        for found in pattern.finditer(folded):
            yield Hit(code, found.start(), found.end())


def is_check(statement: str) -> bool:
    """Say whether a folded statement has a word of checking: verify, approval, identity."""
    return any(SETS_OF_WORD.get(word, 0) & _CHECK for word in _GAP.split(statement)[::2])
