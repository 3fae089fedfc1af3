"""Sentences in which a person says what an agent should do from now on, made into instructions.

Only explicit forms count: "from now on", "always", "never", "do not", "stop", "prefer X over Y",
"use X instead of Y", "please … instead". Questions, wishes in the first person that name things of
one task (ids, dates, prices, "this order") and idle phrases ("don't worry") are none.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from dreaming.engines.signatures import mask_line


@dataclass(frozen=True, slots=True)
class StatedWish:
    """What a sentence asks for: an instruction, and when it is meant to hold ('' always)."""

    instruction: str
    condition: str = ""


SHORTEST, LONGEST = 8, 240
"""Characters of a sentence that is looked at."""

_HINTS = (
    *("prefer", "always", "never", "from now on", "going forward", "future", "next time"),
    *("instead", "rather than", " not ", " over ", "don't", "don\u2019t", "dont ", "do not"),
    *("stop", " want", "would not", "should not"),
)
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+|###\w+###")
_LEAD_IN = re.compile(
    r"^(?:(?:and|but|also|so|ok|okay|well|actually|no|nope|yes|hmm|um|uh|oh|hi|hello|thanks"
    r"|thank you|sure|great|right|sorry|remember|again|one more thing|one last thing|note"
    r"|no problem|i said|i see|for the record)\b[\s,.:;\u2013\u2014-]*)+",
    re.IGNORECASE,
)
_PLEASE = re.compile(r"^(?:please|kindly)\b[\s,]*", re.IGNORECASE)
_IMPERATIVES = (
    "use|run|write|call|put|keep|add|format|name|send|return|show|ask|answer|reply|give|make|leave"
    "|follow|stick|check|offer|quote|start|begin|end|set|avoid|include|exclude|test|commit|say|read"
    "|speak|explain|confirm|list|sort|round|store|log|create|pick|choose|take|do|go|book"
)
_CORRECTION = re.compile(rf"^(?P<wish>(?:{_IMPERATIVES}) .+)$", re.IGNORECASE)
_COMPARES = re.compile(r"\b(?:over|rather than|instead of)\b|^\w+ to \w+$", re.IGNORECASE)
_IDLE_WORDS = (
    "worry sweat mind know think have remember need want care see understand hesitate bother get "
    "believe recall like wish feel say received seen"
)
_IDLE = frozenset(_IDLE_WORDS.split())
_WEEKDAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_CONDITION_BEFORE = re.compile(
    r"^(?P<condition>(?:on|for|when|whenever|if|in|at|before|after|during|with)\s[^,;:]{2,60})"
    r"[,;:]\s*(?:then\s+)?(?P<rest>\S.{5,})$",
    re.IGNORECASE,
)
_CONDITION_AFTER = re.compile(
    rf"^(?P<rest>.{{5,}}?),?\s(?P<condition>on (?:{_WEEKDAYS}|weekends|weekdays|holidays)"
    r"|at (?:the )?(?:month|quarter|year|week)(?:'s)?[ -]end"
    r"|for (?:the )?(?:customer|client|account) \S+(?: [A-Z]\w+)?|(?:when|whenever|if) .{4,60})$",
    re.IGNORECASE,
)
_OF_THE_TASK = re.compile(
    r"<(?:id|email|date)>|[$\u20ac\u00a3]\s?\d|\b(?:today|tomorrow|tonight|yesterday|these|those"
    r"|this (?:time|order|one|flight|trip|week|month)|that (?:order|one|flight))\b",
    re.IGNORECASE,
)
_ABOUT_ME = re.compile(
    r"\b(ask|tell|show|give|send|transfer|call|contact|warn|notify|remind) me\b", re.IGNORECASE
)
_MY = re.compile(r"\bmy\b", re.IGNORECASE)
_ME = re.compile(r"\bme\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|mine|myself)\b", re.IGNORECASE)


def may_hold_wish(text: str) -> bool:
    """Say whether a text holds any word a wish needs; cheap, for skipping most messages."""
    low = text.lower()
    return any(hint in low for hint in _HINTS)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text that are long and short enough to be a wish, as they stand."""
    parts = (part.strip() for part in _SENTENCES.split(text))
    return [p for p in parts if SHORTEST <= len(p) <= LONGEST and not p.endswith("?")]


def phrase_wish(sentence: str) -> StatedWish | None:
    """Return the wish a sentence states, None where it states none that outlives its task."""
    condition, plain = split_condition(_strip_lead_in(sentence))
    polite = _PLEASE.sub("", plain)
    wish = _read_forms(polite) or (_read_instead(polite) if polite != plain else "")
    return _state(wish, condition)


def phrase_correction(sentence: str) -> StatedWish | None:
    """Return the wish in a sentence with which a person turned down or changed work.

    Here a plain imperative ("use two columns") counts as well.
    """
    condition, plain = split_condition(_strip_lead_in(sentence))
    polite = _PLEASE.sub("", plain)
    found = _CORRECTION.match(polite)
    wish = (
        _read_forms(polite)
        or _read_instead(polite)
        or (_capitalise(found["wish"]) if found else "")
    )
    return _state(wish, condition)


def split_condition(sentence: str) -> tuple[str, str]:
    """Return (when a sentence holds, the sentence without that); '' where it states no condition.

    Before the wish any "for invoices, …", "when …, …"; after it only weekdays, parts of the month
    and a named customer, which cannot be the object of the wish.
    """
    for form in (_CONDITION_BEFORE, _CONDITION_AFTER):
        if (found := form.match(sentence)) and not _OF_THE_TASK.search(found["condition"]):
            condition = " ".join(found["condition"].split())
            return condition[:1].lower() + condition[1:], found["rest"].strip(" ,")
    return "", sentence


def _state(wish: str, condition: str) -> StatedWish | None:
    instruction = _clean(wish)
    if not instruction:
        return None
    if not condition:
        return StatedWish(instruction)
    when = _clean(condition).rstrip(".")
    if not when:
        return None
    return StatedWish(f"{_capitalise(when)}: {instruction[:1].lower()}{instruction[1:]}", when)


def _strip_lead_in(sentence: str) -> str:
    plain = sentence.replace("\u2019", "'").strip(" \t-*>\"'\u2022")
    return _LEAD_IN.sub("", plain).rstrip(" .!,;")


def _read_forms(text: str) -> str:
    for pattern, phrase in _FORMS:
        if found := pattern.match(text):
            return phrase(found)
    return ""


def _phrase_from_now(found: re.Match[str]) -> str:
    rest = _PLEASE.sub("", found["wish"])
    return _read_forms(rest) or _read_instead(rest) or _capitalise(rest)


def _phrase_always(found: re.Match[str]) -> str:
    return "" if _is_idle(found["wish"]) else _capitalise(f"{found['how']} {found['wish']}")


def _phrase_do_not(found: re.Match[str]) -> str:
    return "" if _is_idle(found["wish"]) else f"Do not {found['wish']}"


def _phrase_stop(found: re.Match[str]) -> str:
    return f"Stop {found['wish']}"


def _phrase_not_wanted(found: re.Match[str]) -> str:
    return f"Assume that people prefer not to be {found['wish']}, unless they say otherwise"


def _phrase_preference(found: re.Match[str]) -> str:
    wish = found["wish"]
    if asked := re.match(r"(?:that )?you (?:to )?(?P<rest>\w.+)$", wish, re.IGNORECASE):
        return _capitalise(re.sub(r"^(?:would|do) not", "Do not", asked["rest"]))
    if _COMPARES.search(wish) and not wish.startswith(("to ", "not ")):
        return f"Prefer {wish}"
    return f"Assume that people prefer {wish}, unless they say otherwise"


def _phrase_as_said(found: re.Match[str]) -> str:
    return _capitalise(found["wish"])


_FROM_NOW = (
    r"^(?:from now on|going forward|in (?:the )?future|(?:for )?(?:the )?next time)\b[\s,:]*"
    r"(?:you should |you must |please )?(?P<wish>.+)$"
)
_FROM_NOW_AFTER = r"^(?P<wish>.+?)[\s,]+(?:from now on|going forward|in (?:the )?future)$"
_ALWAYS = r"^(?:you (?:should|must) |please )?(?P<how>always|never)\s+(?P<wish>\w.+)$"
_DO_NOT = r"^(?:you should not|do not|don't|dont)\s+(?:ever )?(?P<wish>\w+\b.*)$"
_STOP = r"^stop\s+(?P<wish>\w+ing\b.*)$"
_NOT_WANTED = (
    r"^(?:i|we)(?:'d| would)? (?:\w+ly )?(?:do not|don't|would not|wouldn't) (?:\w+ly )?"
    r"(?:want|like|wish|prefer) to be (?P<wish>\w+(?:ed|en|ept|old)\b.*)$"
)
_PREFER = r"^(?:(?:i|we|the team|our team)(?:'d| would)?(?: \w+ly| always)? )?prefer (?P<wish>.+)$"
_INSTEAD_OF = rf"^(?P<wish>(?:{_IMPERATIVES}) .+?,? (?:instead of|rather than|not|over) .+)$"
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(form, re.IGNORECASE), phrase)
    for form, phrase in (
        (_FROM_NOW, _phrase_from_now),
        (_FROM_NOW_AFTER, _phrase_from_now),
        (_ALWAYS, _phrase_always),
        (_DO_NOT, _phrase_do_not),
        (_STOP, _phrase_stop),
        (_NOT_WANTED, _phrase_not_wanted),
        (_PREFER, _phrase_preference),
        (_INSTEAD_OF, _phrase_as_said),
    )
)
_INSTEAD_END = re.compile(rf"^(?P<wish>(?:{_IMPERATIVES}) .+?),? instead$", re.IGNORECASE)


def _read_instead(text: str) -> str:
    found = _INSTEAD_END.match(text)
    return _capitalise(found["wish"]) if found else ""


def _is_idle(wish: str) -> bool:
    return wish.split(" ", 1)[0].lower() in _IDLE


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


def _clean(wish: str) -> str:
    """Return the instruction without first person and with a full stop, '' for one of a task."""
    if not wish or _OF_THE_TASK.search(wish) or _OF_THE_TASK.search(mask_line(wish)):
        return ""
    wish = _ABOUT_ME.sub(r"\1 the person", wish)
    wish = _ME.sub("the person", _MY.sub("the person's", wish))
    if _FIRST_PERSON.search(wish) or len(wish.split()) < 2:
        return ""
    return " ".join(wish.split()).rstrip(" .,;:!") + "."
