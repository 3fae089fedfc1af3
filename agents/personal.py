"""Personal data masked in text that leaves the house or is shown to those who need not see it.

Ten shapes that name or check themselves: a checksum where the number has one, a label where it has
none. What carries no such sign is not found: names, postal addresses, telephone numbers without
country or area code, account numbers of other countries. Every rule looks at a bounded stretch
around a fixed sign, so hostile text costs linear time.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

Places = Iterator[tuple[int, int]]


class Cover(NamedTuple):
    """One mask: where it stands in the masked text, and what it covers in the text before."""

    start: int
    end: int
    from_start: int
    from_end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with personal data covered. covers: in order; nothing of what was covered is kept."""

    text: str
    covers: tuple[Cover, ...]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return where the masked text's `start` to `end` stood in the text before.

        A place inside a mask stands for the whole of what it covers.
        """
        return self._before(start, is_end=False), self._before(end, is_end=True)

    def _before(self, place: int, *, is_end: bool) -> int:
        shift = 0
        for cover in self.covers:
            if place <= cover.start:
                break
            if place < cover.end:
                return cover.from_end if is_end else cover.from_start
            shift = cover.from_end - cover.end
        return place + shift


def mark_of(kind: str) -> str:
    """Return what stands where personal data of a kind stood."""
    return f"[{kind} removed]"


MARGIN = 200
"""Characters beyond a stretch that are looked at with it: few shapes are longer, and a page that
shows twelve quotes looks at each."""


def mask_on_page(text: str, kinds: Collection[str]) -> str:
    """Return `text` as a page shows it, with what is found of `kinds` behind masks."""
    return mask_stretch(text, 0, len(text), covers_of(text, kinds, 0, len(text)))


def covers_of(text: str, kinds: Collection[str], start: int, end: int) -> tuple[Cover, ...]:
    """Return what is to be covered in `text` from `start` to `end` and around it, in order.

    from_start and from_end of a cover are places in `text`; a long text is read there alone.
    """
    first = max(0, start - MARGIN)
    found = mask_personal(text[first : end + MARGIN], kinds).covers
    return tuple(
        cover._replace(from_start=cover.from_start + first, from_end=cover.from_end + first)
        for cover in found
    )


def mask_stretch(text: str, start: int, end: int, covers: Collection[Cover]) -> str:
    """Return `text` from `start` to `end` with a mask for each cover that reaches into it.

    One that reaches across an edge is masked on both sides of it: half of it says too much.
    """
    pieces: list[str] = []
    read = start
    for cover in covers:
        if cover.from_end <= start or cover.from_start >= end:
            continue
        pieces += (text[read : max(read, cover.from_start)], f"[{cover.kind} masked]")
        read = min(end, cover.from_end)
    return "".join([*pieces, text[read:end]])


def mask_personal(text: str, kinds: Collection[str]) -> Masked:
    """Return `text` with what is found of `kinds` covered by a mark that names the kind.

    kinds: of KINDS; others are ignored. Where two shapes overlap, one mark covers both and names
    the one that stands first in KINDS. Applying it twice changes nothing.
    """
    found = sorted(
        (start, end, rank)
        for rank, (kind, (sign, find)) in enumerate(RULES.items())
        if kind in kinds and sign.search(text)
        for start, end in find(text)
    )
    if not found:
        return Masked(text, ())
    pieces: list[str] = []
    covers: list[Cover] = []
    read = length = 0
    for start, end, rank in _joined(found):
        kind = KINDS[rank]
        mark = mark_of(kind)
        pieces += (text[read:start], mark)
        length += start - read
        covers.append(Cover(length, length + len(mark), start, end, kind))
        length += len(mark)
        read = end
    pieces.append(text[read:])
    return Masked("".join(pieces), tuple(covers))


def _joined(found: list[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    start, end, rank = found[0]
    for next_start, next_end, next_rank in found[1:]:
        if next_start < end:
            end, rank = max(end, next_end), min(rank, next_rank)
        else:
            yield start, end, rank
            start, end, rank = next_start, next_end, next_rank
    yield start, end, rank


LOCAL = re.compile(r"[\w.%+'-]{1,64}\Z", re.ASCII)
DOMAIN = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")


def _find_emails(text: str) -> Places:
    at = text.find("@")
    while at >= 0:
        before = LOCAL.search(text, max(0, at - 64), at)
        after = DOMAIN.match(text, at + 1)
        if before and after:
            yield before.start(), after.end()
        at = text.find("@", at + 1)


ABROAD = re.compile(r"(?<![\w+])\+[1-9](?:[ ().-]{0,2}[0-9]){7,14}(?![\w-])")
AMERICA = re.compile(
    r"(?<![\w.-])(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}(?![\w-])"
)


def _find_phones(text: str) -> Places:
    for shape in (ABROAD, AMERICA):
        yield from (hit.span() for hit in shape.finditer(text))


IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?=[ ]?[A-Z0-9])")
_LENGTHS = (
    "AE23 AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GR27 HR21 HU28 IE22 IS26"
    " IT27 LI21 LT20 LU20 LV21 MC27 MT31 NL18 NO15 PL28 PT25 RO24 SA24 SE24 SI19 SK24 TR26"
)
IBAN_LENGTHS = {word[:2]: int(word[2:]) for word in _LENGTHS.split()}
"""Characters of an account number by country; ISO 13616 registry."""


def _find_ibans(text: str) -> Places:
    for hit in IBAN_START.finditer(text):
        wanted = IBAN_LENGTHS.get(hit.group()[:2])
        if wanted is None:
            continue
        end, read = hit.start(), ""
        last = min(len(text), end + 2 * wanted)
        while len(read) < wanted and end < last and (text[end].isalnum() or text[end] == " "):
            read += text[end] if text[end] != " " else ""
            end += 1
        ends = end == len(text) or not text[end].isalnum()
        if ends and len(read) == wanted and read.isascii() and _is_iban(read.upper()):
            yield hit.start(), end


def _is_iban(number: str) -> bool:
    """Say whether the number divided by 97 leaves 1, its letters read as 10 to 35 (ISO 7064)."""
    turned = number[4:] + number[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


DIGITS = re.compile(
    r"(?<![\w.-])(?:\d{4}(?:[ -]\d{4}){3}|3[47]\d\d[ -]\d{6}[ -]\d{5}|\d{13,16})(?![\w-])"
)
CARD = re.compile(
    r"4\d{12}(?:\d{3})?|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|6(?:011|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}"
)


def _find_cards(text: str) -> Places:
    for hit in DIGITS.finditer(text):
        number = hit.group().replace(" ", "").replace("-", "")
        if CARD.fullmatch(number) and _has_luhn(number):
            yield hit.span()


def _has_luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


ADDRESS = re.compile(r"(?<![\w.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\w-]|\.\d)")


def _find_addresses(text: str) -> Places:
    """Yield addresses of the public network; those of a house's own network name nobody."""
    for hit in ADDRESS.finditer(text):
        first, second, *rest = (int(part) for part in hit.groups())
        is_own = (
            first in {0, 10, 127}
            or (first, second) in {(192, 168), (169, 254)}
            or (first == 172 and 16 <= second <= 31)
        )
        if max(first, second, *rest) <= 255 and not is_own and first < 224:
            yield hit.span()


SSN = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])")
NINO = re.compile(
    r"(?<!\w)(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d\d){3} ?[A-D](?!\w)"
)
AHV = re.compile(r"(?<![\w.])756([.]?)\d{4}\1\d{4}\1\d{2}(?![\w]|\.\d)")
DNI = re.compile(r"(?<![\w-])(?:[XYZ]-?\d{7}|\d{8})-?[A-HJ-NP-TV-Z](?![\w-])")
DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def _find_shape(shape: re.Pattern[str], holds: Callable[[str], bool]) -> Callable[[str], Places]:
    """Return a finder of what has the shape and holds its own check."""
    return lambda text: (hit.span() for hit in shape.finditer(text) if holds(hit.group()))


def _is_ahv(number: str) -> bool:
    digits = [int(letter) for letter in number if letter.isdigit()]
    return sum(d * (1 + 2 * (at % 2)) for at, d in enumerate(digits)) % 10 == 0


def _is_dni(number: str) -> bool:
    plain = number.replace("-", "")
    digits = plain[:-1].translate(str.maketrans("XYZ", "012"))
    return DNI_LETTERS[int(digits) % 23] == plain[-1]


MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
BORN = re.compile(
    r"(?i:\b(?:born(?: on)?|date of birth|birth ?date|birthday|dob|d\.o\.b\.?|geboren(?: am)?)\b)"
    r"""[\s"':=(]{0,6}(?:is )?(?P<date>\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d)"""
    rf"|(?i:\d{{1,2}}\.? (?:{MONTHS})[a-z]{{0,6}}\.?,? \d{{4}})"
    rf"|(?i:(?:{MONTHS})[a-z]{{0,6}}\.? \d{{1,2}},? \d{{4}}))(?!\w)"
)


def _find_births(text: str) -> Places:
    yield from (hit.span("date") for hit in BORN.finditer(text))


def _always(_: str) -> bool:
    return True


RULES: Mapping[str, tuple[re.Pattern[str], Callable[[str], Places]]] = {
    "e-mail": (re.compile("@"), _find_emails),
    "telephone": (re.compile(r"\+[1-9]|\d\d\d[ .-]\d{4}"), _find_phones),
    "bank account": (IBAN_START, _find_ibans),
    "card number": (re.compile(r"\d{4}[ -]?\d{4}"), _find_cards),
    "network address": (re.compile(r"\d\.\d"), _find_addresses),
    "US social security number": (re.compile(r"\d[- ]\d\d[- ]\d"), _find_shape(SSN, _always)),
    "UK insurance number": (re.compile("[A-D]"), _find_shape(NINO, _always)),
    "Swiss insurance number": (re.compile("756"), _find_shape(AHV, _is_ahv)),
    "Spanish identity number": (re.compile(r"\d-?[A-Z]"), _find_shape(DNI, _is_dni)),
    "date of birth": (re.compile(r"[Bb][OoIi][Rr]|[Dd]\.?[Oo]\.?[Bb]"), _find_births),
}
"""Kind -> what has to stand in a text for it, and what finds it."""

KINDS = tuple(RULES)
EVERY_KIND = frozenset(KINDS)
