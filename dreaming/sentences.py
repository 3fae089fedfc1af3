"""What the numbers of a pattern say, in sentences for people who read no statistics."""

import re
from datetime import date

from dreaming.engines.calls import SAFE_NAME
from dreaming.engines.signatures import is_command, is_planted
from dreaming.measures import Measured, count_noun, direction_of

NOT_ENOUGH = "Not enough sessions to tell."
RESTS = "It rests on what sessions show; whether it changes how they end cannot be told yet."
CHANCE = "Chance is an unlikely explanation."
NOTHING_TO_SPEAK_OF = 0.1
"""An effect that cannot be larger than this, as a share of sessions, is said to be none."""

_PLAIN = 0.05
_NAMES = 3
NOT_REPEATED = "Tasks were not repeated, so harder tasks may explain this."
_DOMAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/+-]{0,39}")


def sentences(measured: Measured) -> tuple[str, ...]:
    """Return what the numbers say: where it was seen, how these sessions ended, and what of it."""
    told = [_say_seen(measured)]
    if measured.candidate.conditions:
        told.append(f"Condition: {'; '.join(measured.candidate.conditions)}.")
    if measured.candidate.signal == "words" and not measured.candidate.claim:
        return tuple(told)
    if measured.stands_out:
        told += [_say_counts(measured), *_say_comparison(measured)]
    if measured.is_told:
        told.append(CHANCE)
    if measured.reason or not measured.stands_out:
        told.append(_say_little(measured))
    return tuple(told)


def _say_seen(measured: Measured) -> str:
    sessions = "session" if measured.of == 1 else "sessions"
    domain = domain_of(measured.candidate.scope)
    where = f"of {measured.of} {domain} {sessions}" if domain else f"of {measured.of} {sessions}"
    tool = measured.candidate.tool
    if measured.candidate.exposed is not None and tool:
        where += f" that called `{tool}`" if SAFE_NAME.match(tool) else " that called the tool"
    parts = [f"Seen in {measured.sessions} {where}"]
    if measured.people:
        parts.append(count_noun(measured.people, "person"))
    names = [name for name in measured.domains if is_plain_name(name)]
    if not domain and 1 < len(names) <= _NAMES and len(names) == len(measured.domains):
        parts.append(f"in {', '.join(names[:-1])} and {names[-1]}")
    if measured.last:
        parts.append(f"last on {spell_day(measured.last)}")
    return ", ".join(parts) + "."


def _say_counts(measured: Measured) -> str:
    with_it = f"{measured.failed_with} of these {measured.known_with} failed"
    if measured.known_with != measured.sessions:
        with_it = f"{measured.failed_with} of the {measured.known_with} with a known end failed"
    return f"{with_it}; of the {measured.known_without} others, {measured.failed_without}."


def _say_comparison(measured: Measured) -> list[str]:
    """Return what like was kept to, or what else may explain the difference."""
    compared = measured.compared
    if compared.within != "task":
        return [] if measured.reason else [NOT_REPEATED]
    effect, across = compared.effect or 0.0, compared.across or 0.0
    where = _say_like(measured)
    if effect * across < 0:
        much = "more" if effect > 0 else "less"
        return [f"{where[0].upper()}{where[1:]}, sessions with it failed {much} often."]
    return [f"It holds {where}."]


def _say_like(measured: Measured) -> str:
    if measured.compared.within == "agent":
        return "at the same agent"
    same = "on the same task"
    return f"{same} and at the same agent" if measured.compared.several_agents else same


def _say_little(measured: Measured) -> str:
    """Return the one sentence where no effect is told, or not the one that was claimed."""
    if measured.reason:
        return measured.reason
    if is_near_nothing(measured):
        return f"Sessions with it failed about as often as others {_say_like(measured)}."
    return NOT_ENOUGH if measured.candidate.claim else RESTS


def is_near_nothing(measured: Measured) -> bool:
    """Say whether there is enough data to see that there is no effect to speak of."""
    bound = measured.compared.bound
    return bound is not None and bound <= NOTHING_TO_SPEAK_OF


def explain_claim(measured: Measured) -> str:
    """Return why what is claimed of outcomes is not borne out, '' where it is or nothing is."""
    claim = measured.candidate.claim
    if not claim:
        return ""
    if claim == "common":
        return _explain_common(measured)
    if claim not in {"helps", "harms"}:
        return "What is claimed of it is nothing that can be counted."
    if measured.is_told:
        return _explain_told(measured)
    return _explain_untold(measured)


def _explain_common(measured: Measured) -> str:
    if measured.is_told and (measured.effect or 0.0) < 0:
        return "Common path; it is listed only."
    if measured.compared.p is None or not (measured.is_told or is_near_nothing(measured)):
        return "Common path; not enough sessions to tell whether it helps."
    return f"Common path; sessions with it did not end better than others {_say_like(measured)}."


def _explain_told(measured: Measured) -> str:
    if not measured.holds_claim:
        better, worse = _ends_of(measured)
        return f"Sessions with it ended {worse} than others {_say_like(measured)}, not {better}."
    if measured.compared.one_agent_only:
        return "It shows at one agent only; at the others it made no difference."
    return ""


def _ends_of(measured: Measured) -> tuple[str, str]:
    """Return the word for the end that was claimed, and for its opposite."""
    return ("better", "worse") if measured.candidate.claim == "helps" else ("worse", "better")


def _explain_untold(measured: Measured) -> str:
    if measured.stands_out:
        return NOT_REPEATED
    if measured.compared.agents_differ:
        return "It helps at some agents and hurts at others."
    if why := _explain_agents(measured) or _explain_tasks(measured):
        return why
    if measured.compared.p is not None and is_near_nothing(measured):
        end, _ = _ends_of(measured)
        return f"Sessions with it did not end {end} than others {_say_like(measured)}."
    return NOT_ENOUGH


def _explain_agents(measured: Measured) -> str:
    """Return how agents explain what shows on the same task, '' where they do not."""
    compared = measured.compared
    shows = _is_way(measured, compared.effect, compared.p_alike)
    if not shows or not compared.several_agents:
        return ""
    if compared.p_within_agents is None:
        return "Some agents always do it and the others never; how good they are may explain it."
    if _is_way(measured, compared.effect_within_agents, compared.p_within_agents):
        return ""
    return f"It may look that way only because {_ends_of(measured)[0]} agents do it."


def _explain_tasks(measured: Measured) -> str:
    """Return how the difficulty of tasks explains what shows across them, '' where it does not."""
    compared = measured.compared
    shows = _is_way(measured, compared.across, compared.p_across)
    if not shows or compared.within != "task":
        return ""
    if compared.p_alike is None:
        return "No task was run both with it and without it; harder tasks may explain it."
    if abs(compared.effect or 0.0) >= abs(compared.across or 0.0) / 2:
        return ""
    hard = "easier" if measured.candidate.claim == "helps" else "harder"
    looks = "It looks that way" if is_near_nothing(measured) else "It may look that way"
    return f"{looks} only because it is done on {hard} tasks."


def _is_way(measured: Measured, effect: float | None, p: float | None) -> bool:
    """Say whether a comparison taken by itself points the way that was claimed."""
    points = (effect or 0.0) * direction_of(measured.candidate) > 0
    return points and p is not None and p <= _PLAIN


def domain_of(scope: str) -> str:
    """Return the field of work a scope names, '' where it names none."""
    kind, _, name = scope.partition(":")
    return name if kind == "domain" else ""


def is_plain_name(name: str) -> bool:
    """Say whether a field of work may be named in a sentence: short, and no words to its reader."""
    plain = _DOMAIN.fullmatch(name) is not None and len(name.split()) <= 4
    return plain and not is_command(name) and not is_planted(name)


def spell_day(day: date) -> str:
    """Return a day as "3 June 2026", whatever the language of the machine."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
