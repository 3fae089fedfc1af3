"""Recurring mistakes: tool errors of one signature over sessions, said as instructions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dreaming.engines.base import Candidate, Dropped, EngineEvent, EngineSession, Quote
from dreaming.engines.calls import SAFE_NAME, Found, Reading
from dreaming.engines.commands import is_shell_word
from dreaming.engines.recoveries import Recovery, Then, find_recovery, find_then
from dreaming.engines.signatures import (
    find_telling_line,
    is_command,
    is_planted,
    keep_facts,
    mask_line,
    merge_templates,
    says_something,
    show_template,
)
from dreaming.engines.steps import name_place
from dreaming.engines.wording import join_names, name_sessions, order_session, title_error

QUOTES = 5
CHECK = "check the call for this before you send it."
"""What to do about an error nobody is known to have got past in a way that can be told."""


@dataclass(slots=True)
class Occurrence:
    """One session's showing of one signature: where to read it and how it went on.

    then: what the session did right after it failed so for the first time.
    """

    session: str
    task_key: str
    verdict: str
    event: int
    excerpt: str
    trust: str
    recovery: Recovery | None = None
    repeated: bool = False
    then: Then | None = None


@dataclass(slots=True)
class MistakeLedger:
    """Everything the mistakes of a dream need, gathered one session at a time."""

    occurrences: dict[tuple[str, str], dict[str, Occurrence]] = field(default_factory=dict)
    callers: dict[str, set[str]] = field(default_factory=dict)
    commands: dict[str, set[str]] = field(default_factory=dict)
    speechless: dict[str, set[str]] = field(default_factory=dict)

    def read_session(self, reading: Reading) -> None:
        """Take in one session: which tools it called, which errors it met, what came next."""
        session = reading.session
        has_errors = False
        for event in session.events:
            if event.kind == "tool_call":
                self.callers.setdefault(event.tool, set()).add(session.id)
            elif event.kind == "tool_result":
                has_errors = has_errors or event.is_error
                if is_planted(event.text):
                    self.commands.setdefault(event.tool, set()).add(session.id)
        if has_errors:
            self._read_errors(reading)

    def _read_errors(self, reading: Reading) -> None:
        session, calls = reading.session, reading.calls
        previous: dict[tuple[str, str], str] = {}
        for place, call in enumerate(calls):
            if not call.failed or call.result is None or call.result.remembered:
                continue
            template = self._sign(session.id, call.tool, call.result)
            if not template:
                continue
            seen = self._note(session, call.result, (call.tool, template))
            if seen.event == call.result.index:
                seen.then = find_then(calls, reading.steps, place)
            seen.recovery = find_recovery(
                calls, place, reading.speaks_at, ended_well=session.verdict == "success"
            )
            if call.arguments and previous.get((call.tool, template)) == call.arguments:
                seen.repeated = True
            previous[call.tool, template] = call.arguments

    def _sign(self, session: str, tool: str, result: EngineEvent) -> str:
        """Return the template of an error, '' where its words may not or need not be used."""
        line = find_telling_line(result.text)
        if is_command(line):
            self.commands.setdefault(tool, set()).add(session)
            return ""
        template = mask_line(line)
        if not says_something(template):
            self.speechless.setdefault(tool, set()).add(session)
            return ""
        return template

    def _note(
        self, session: EngineSession, result: EngineEvent, signature: tuple[str, str]
    ) -> Occurrence:
        shown = self.occurrences.setdefault(signature, {})
        if session.id not in shown:
            line = find_telling_line(result.text)
            excerpt = line if line in result.text else result.text[:200]
            shown[session.id] = Occurrence(
                session=session.id,
                task_key=session.task_key,
                verdict=session.verdict,
                event=result.index,
                excerpt=excerpt,
                trust=result.trust,
            )
        return shown[session.id]

    def summarise(self, *, at_least: int) -> Found:
        """Return the mistakes of `at_least` sessions or more, and what was left out."""
        self.merge_names()
        return self.make_candidates(at_least=at_least), self.list_dropped(at_least=at_least)

    def merge_names(self) -> None:
        """Fold signatures of one tool that differ in one name only."""
        by_tool: dict[str, dict[str, int]] = {}
        for (tool, template), shown in self.occurrences.items():
            by_tool.setdefault(tool, {})[template] = len(shown)
        for tool in sorted(by_tool):
            merged = merge_templates(by_tool[tool])
            for template, target in sorted(merged.items()):
                shown = self.occurrences.pop((tool, template))
                kept = self.occurrences.setdefault((tool, target), {})
                for session, occurrence in shown.items():
                    kept.setdefault(session, occurrence)

    def make_candidates(self, *, at_least: int) -> tuple[Candidate, ...]:
        """Return a candidate for every signature of `at_least` sessions or more."""
        callers = {tool: frozenset(sessions) for tool, sessions in self.callers.items()}
        return tuple(
            make_candidate(tool, template, shown.values(), callers.get(tool, frozenset(shown)))
            for (tool, template), shown in self.occurrences.items()
            if len(shown) >= at_least
        )

    def list_dropped(self, *, at_least: int) -> tuple[Dropped, ...]:
        """Return what was left out: instructions in results, errors that say nothing, rarities."""
        dropped = [
            Dropped(
                f"tool {_safe_tool(tool)}",
                f"Instruction found inside a tool result in {name_sessions(sessions)}; not used.",
            )
            for tool, sessions in sorted(self.commands.items())
        ]
        dropped += [
            Dropped(
                f"tool {_safe_tool(tool)}",
                f"Errors without a cause in their text in {name_sessions(sessions)}.",
            )
            for tool, sessions in sorted(self.speechless.items())
        ]
        rare = [shown for shown in self.occurrences.values() if len(shown) < at_least]
        if rare:
            sessions = {session for shown in rare for session in shown}
            dropped.append(
                Dropped("errors seen once", f"Each in one session only: {name_sessions(sessions)}.")
            )
        return tuple(dropped)


def _safe_tool(tool: str) -> str:
    return tool if SAFE_NAME.match(tool) else "with an unusual name"


def make_candidate(
    tool: str, template: str, shown: Iterable[Occurrence], callers: frozenset[str]
) -> Candidate:
    """Return the mistake `template` of `tool` as a candidate with its quotes."""
    occurrences = sorted(shown, key=lambda occurrence: order_session(occurrence.session))
    recovered = [o for o in occurrences if o.recovery is not None]
    facts, are_facts = keep_facts(template)
    name, said, title = name_failure(tool, show_template(facts))
    way = choose_way([o.recovery for o in recovered if o.recovery is not None])
    matched = frozenset(o.session for o in occurrences)
    return Candidate(
        kind="mistake",
        tool=tool,
        template=template,
        statement=say_mistake(name, said, way),
        title=title,
        matched=matched,
        quotes=choose_quotes(occurrences),
        signal="outcome",
        scope=f"tool:{tool}",
        recovered=frozenset(o.session for o in recovered),
        recovery=say_recovery(way),
        rationale=say_repeats(way, sum(o.repeated for o in occurrences)),
        exposed=callers if matched <= callers else callers | matched,
        sources=_name_sources(occurrences, way, are_facts=are_facts),
    )


def _name_sources(
    occurrences: Sequence[Occurrence], way: Recovery | None, *, are_facts: bool
) -> tuple[str, ...]:
    """Return whose words the statement holds: a first word of agents' commands is the agents'."""
    sources = set() if are_facts else {occurrence.trust for occurrence in occurrences}
    if way is not None and way.step:
        sources.add("agent")
    return tuple(sorted(sources))


def choose_way(recoveries: Sequence[Recovery]) -> Recovery | None:
    """Return the way out most sessions took, None below two sessions that took it.

    Names of arguments stay in it when two thirds of those sessions changed them.
    """
    ways = Counter((r.how, r.tool) for r in recoveries)
    if not ways:
        return None
    (how, tool), count = min(ways.items(), key=lambda item: (-item[1], item[0]))
    if count < 2:
        return None
    same = [r for r in recoveries if (r.how, r.tool) == (how, tool)]
    via = _usual([(r.via,) for r in same if r.via], len(same))
    steps = Counter(r.step for r in same if r.step).most_common()
    changed = _usual([r.changed for r in same], count)[:3]
    return Recovery(
        how=how,
        tool=tool,
        changed=changed,
        added=_usual([r.added for r in same], count)[:3],
        left_out=_usual([r.left_out for r in same], count)[:3],
        forms={name: form for name in changed if (form := _usual_form(same, name))},
        via=via[0] if via else "",
        step=_choose_step(steps, count),
        asked=2 * sum(r.asked for r in same) > count,
    )


def _choose_step(steps: Sequence[tuple[str, int]], count: int) -> str:
    """Return the step most sessions took, where a third of them and two at least took it."""
    likely = [(-taken, step) for step, taken in steps if taken >= 2 and 3 * taken >= count]
    return min(likely)[1] if likely else ""


def _usual(names: Sequence[tuple[str, ...]], count: int) -> tuple[str, ...]:
    counted = Counter(name for group in names for name in group)
    usual = [name for name in counted if 3 * counted[name] >= 2 * count]
    return tuple(sorted(usual, key=lambda name: (-counted[name], name)))


def _usual_form(recoveries: Sequence[Recovery], name: str) -> str:
    forms = {r.forms.get(name, "") for r in recoveries if name in r.changed}
    return forms.pop() if len(forms) == 1 else ""


def name_failure(tool: str, shown: str) -> tuple[str, str, str]:
    """Return what failed, what it said, and the title: a command that names itself is named."""
    if not SAFE_NAME.match(tool):
        return "the tool", shown, title_error(_safe_tool(tool), shown)
    word, _, said = shown.partition(": ")
    if said and tool != word and is_shell_word(word):
        return name_place(f"{tool}: {word}"), said, title_error(f"{tool} {word}", said)
    return f"`{tool}`", shown, title_error(tool, shown)


def say_mistake(name: str, shown: str, way: Recovery | None) -> str:
    """Return the instruction: one thought, tool and argument names, no numbers."""
    if way is None or not _says_way(way):
        return f'{name[0].upper()}{name[1:]} fails with "{shown}": {CHECK}'
    return f'When {name} fails with "{shown}", {_say_way(name, way)}.'


def _says_way(way: Recovery) -> bool:
    known = way.changed or way.added or way.left_out or way.step or way.via
    return way.how != "again" or bool(known)


def _say_way(name: str, way: Recovery) -> str:
    if way.how == "other":
        return f"call `{way.tool}` instead"
    if way.how == "repeat":
        return say_repeat(way)
    if way.changed:
        verb = "settle" if way.asked else "correct"
        action = f"{verb} {join_names(way.changed)}" + (" with the person" if way.asked else "")
    elif way.added:
        action = f"add {join_names(way.added)}"
    elif way.left_out:
        action = f"leave out {join_names(way.left_out)}"
    elif way.step:
        return f"run `{way.step}` first, then correct the call"
    else:
        return f"call `{way.via}` first, then try again"
    return f"{action} before calling it again"


def say_repeat(way: Recovery) -> str:
    """Return what to do where the same call succeeded later: what was called before it, if any."""
    if way.via:
        return f"call `{way.via}` first, then repeat the call"
    return "call it once more with the same arguments"


def say_repeats(way: Recovery | None, repeats: int) -> str:
    """Return what repeating the call came to, '' where that is known of one session at most."""
    if repeats < 2 or (way is not None and way.how == "repeat"):
        return ""
    return f"{repeats} sessions sent the same call again, and it failed again."


def say_recovery(way: Recovery | None) -> str:
    """Return what sessions that got past it did besides, '' when nothing more is known."""
    told: list[str] = []
    if way is not None and way.via and (way.changed or way.added or way.left_out or way.step):
        told.append(f"Call `{way.via}` first: sessions that got past this did.")
    if way is not None and way.forms:
        forms = "; ".join(f"`{name}` became {form}" for name, form in sorted(way.forms.items()))
        told.append(f"In the calls that worked, {forms}.")
    return " ".join(told)


def choose_quotes(occurrences: Sequence[Occurrence]) -> tuple[Quote, ...]:
    """Return up to five quotes: four in support, of different tasks first, and one against.

    Against speaks a session that met the error and still ended well, where one is left for it.
    """
    well = [o for o in occurrences if o.verdict == "success"]
    other = [o for o in occurrences if o.verdict != "success"]
    against = well[-1:] if other or len(well) > 1 else []
    ranked = sorted(other, key=lambda o: o.verdict != "failure") + well[: len(well) - len(against)]
    first: dict[str, Occurrence] = {}
    for occurrence in ranked:
        first.setdefault(occurrence.task_key or occurrence.session, occurrence)
    places = {occurrence.session for occurrence in first.values()}
    spread = list(first.values()) + [o for o in ranked if o.session not in places]
    chosen = spread[: QUOTES - len(against)]
    quotes = [Quote(o.session, o.event, o.excerpt, "supports") for o in chosen]
    quotes += [Quote(o.session, o.event, o.excerpt, "contradicts") for o in against]
    return tuple(quotes)
