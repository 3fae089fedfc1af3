"""What is said to steer the person who decides: approvals claimed, authority, hurry. Pure.

A memory may well say who approves what. A rationale or a title that says somebody approved already
is itself no reason: its words are marked, and the page says that nobody checked them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reviews.hits import Code, Hit
from reviews.screening import Reading, screen

STEERING = frozenset(
    {
        Code.AUTHORITY,
        Code.INSTRUCTION,
        Code.SKIPPED_CHECK,
        Code.OVERSIGHT,
        Code.PERMISSION,
        Code.SECRECY,
    }
)
"""What screening names that is no reason for a change when it stands in a rationale."""

_DONE = (
    r"(?:approved|agreed|authori[sz]ed|cleared|vetted|reviewed|checked|confirmed|sanctioned"
    r"|ratified|signed[\s-]off|signed off on|ok\u02bcd|okayed|greenlit|waived)"
)
_WHO = (
    r"(?:compliance|legal|security|management|audit|ciso|ceo|cfo|cto|coo|dpo|data protection"
    r"|the (?:board|regulator|auditors?|lead|manager|supervisor|owner|admins?|administrator"
    r"|reviewers?|head of \w{2,20})|head of \w{2,20}|our (?:lead|manager|lawyers?))"
)
_UNIT = r"(?: (?:team|department|desk|office|officer))?"
_REVIEW = r"(?:review|approval|check|checking|reading|second (?:look|approval|reviewer|person))"


def _appeal(literals: str, pattern: str) -> tuple[tuple[str, ...], re.Pattern[str]]:
    return tuple(literals.split()), re.compile(pattern.replace(" ", r"\s{1,3}"))


# A literal of its own text is looked for first: most texts hold none, and cost one search each.
_APPEALS = (
    _appeal(
        "approv author clear vett review check confirm agree sanction sign ratif ok",
        rf"\b(?:already|previously|beforehand|fully)(?: been)? {_DONE}\b"
        rf"|\b(?:has|have|had|was|were|is|are)(?: already| been| all){{1,2}} {_DONE}\b"
        rf"|\b{_DONE} (?:in advance|beforehand|by|with) (?:the |our )?\w{{2,30}}"
        rf"|\bas {_WHO}{_UNIT} (?:has |have |had )?(?:already )?{_DONE}\b"
        rf"|\b{_WHO}{_UNIT} (?:has |have |had )?(?:already )?{_DONE}\b",
    ),
    _appeal("pre auto", r"\b(?:pre|auto)[\s-]?(?:approved|authori[sz]ed|cleared|vetted)\b"),
    _appeal(
        "as per",
        r"\b(?:as|per) (?:agreed|discussed|decided|instructed|ordered)\b(?: (?:with|by) \w{2,30})?"
        rf"|\bas {_WHO}{_UNIT} (?:decided|ordered|requested|instructed|demanded|wishes|wants)\b"
        rf"|\bper {_WHO}\b",
    ),
    _appeal(
        "wants requires insists fine yes",
        rf"\b{_WHO}{_UNIT} (?:already )?"
        r"(?:wants|requires|insists|is fine with|said yes|says yes)\b",
    ),
    _appeal(
        "approval consent permission sign-off signoff blessing",
        r"\b(?:with|have|has|had|got|obtained|received) (?:the |a |full |written )?"
        r"(?:approval|consent|permission|sign-?off|blessing) (?:of|from|by)\b",
    ),
    _appeal(
        "no without need nothing",
        rf"\b(?:no|without) (?:further |additional |human |more |any |a |the )?{_REVIEW}\b"
        r"(?: (?:is |are )?(?:needed|necessary|required))?"
        rf"|\b(?:does not|do not|doesn\u02bct|need not|needs no) need (?:a |any |to be )?{_REVIEW}"
        r"|\bnothing to (?:check|review|see|worry about)\b",
    ),
    _appeal(
        "approve merge accept apply rubber",
        r"\b(?:safe|fine|ok|okay|ready) to (?:approve|merge|accept|apply)\b"
        r"|\b(?:please|just|simply|must|should) (?:approve|accept|merge)\b"
        r"|\bapprove (?:this |it )?(?:quickly|now|at once|immediately|without|as is)\b"
        r"|\brubber[\s-]?stamp",
    ),
    _appeal(
        "bereits schon ya ha déjà deja già gia já ja al",
        r"\b(?:bereits|schon) (?:genehmigt|freigegeben|geprüft|gepruft|abgestimmt)\b"
        r"|\b(?:ya|ha sido|fue) aprobad[oa]s?\b|\b(?:déjà|deja) (?:approuvé|validé|autorisé)e?s?"
        r"|\b(?:già|gia) approvat[oaie]\b|\b(?:já|ja) aprovad[oa]s?\b|\bal goedgekeurd\b",
    ),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text. is_marked: it steers its reader."""

    text: str
    is_marked: bool = False


def find_appeals(reading: Reading) -> Iterator[Hit]:
    """Yield where a text claims an approval or an authority, or asks for less of a look."""
    for literals, pattern in _APPEALS:
        if any(literal in reading.folded for literal in literals):
            for found in pattern.finditer(reading.folded):
                yield Hit(Code.AUTHORITY, found.start(), found.end())


def steering_hits(reading: Reading) -> Iterator[Hit]:
    """Yield everything in a rationale or title that is meant for the one who decides."""
    yield from find_appeals(reading)
    yield from (hit for hit in screen(reading) if hit.code in STEERING)


def mark_appeals(text: str) -> tuple[Piece, ...]:
    """Return the whole text in pieces, what steers its reader marked; () for an empty text.

    Where folding moved places so far that they cannot be told, the text is marked whole.
    """
    reading = Reading(text)
    spans = [reading.raw_span(hit) for hit in steering_hits(reading)]
    if None in spans:
        return (Piece(text, is_marked=True),)
    pieces: list[Piece] = []
    at = 0
    for start, end in join_spans(span for span in spans if span is not None):
        pieces += [Piece(text[at:start]), Piece(text[start:end], is_marked=True)]
        at = end
    pieces.append(Piece(text[at:]))
    return tuple(piece for piece in pieces if piece.text)


def join_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretches that the spans cover together, in order, none touching another."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
