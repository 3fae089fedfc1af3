"""What to do right after a failure: what the sessions that ended well did next, others did not.

The signatures are those of the mistakes; only the first failure of a kind in a session counts, for
a long session would have done everything once. Whether it helps Daybreak tells from how they ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dreaming.engines.base import Candidate, Quote
from dreaming.engines.calls import SAFE_NAME, Found, Reading
from dreaming.engines.mistakes import MistakeLedger, Occurrence
from dreaming.engines.recoveries import Then
from dreaming.engines.signatures import keep_facts, show_template
from dreaming.engines.wording import cut_title, order_session

LEAST_SESSIONS = 3
LEAST_TASKS = 2
RESCUE_LIMIT = 40
_EXCERPT = 160
_PAIRS = 2


@dataclass(slots=True)
class RescueLedger:
    """Reads nothing itself: what sessions did next stands with the mistakes of the same dream."""

    mistakes: MistakeLedger

    def read_session(self, reading: Reading) -> None:
        """Leave the session to the mistakes, which read it once for both."""

    def summarise(self, *, at_least: int) -> Found:
        """Return what enough sessions did next and enough others did not, most sessions first."""
        self.mistakes.merge_names()
        least = max(at_least, LEAST_SESSIONS)
        found = [
            candidate
            for (tool, template), shown in self.mistakes.occurrences.items()
            if len(shown) >= 2 * least and SAFE_NAME.match(tool)
            for candidate in _contrast(tool, template, shown, least)
        ]
        found.sort(key=lambda one: (-len(one.matched), one.tool, one.template))
        return tuple(found[:RESCUE_LIMIT]), ()


def _contrast(
    tool: str, template: str, shown: Mapping[str, Occurrence], least: int
) -> list[Candidate]:
    ways: dict[tuple[str, str], list[Occurrence]] = {}
    for occurrence in shown.values():
        if occurrence.then is not None:
            ways.setdefault((occurrence.then.how, occurrence.then.name), []).append(occurrence)
    exposed = frozenset(shown)
    return [
        _make_candidate(tool, template, took, exposed)
        for _, took in sorted(ways.items())
        if len(took) >= least
        and len(exposed) - len(took) >= least
        and len({one.task_key or one.session for one in took}) >= LEAST_TASKS
    ]


def _make_candidate(
    tool: str, template: str, took: Sequence[Occurrence], exposed: frozenset[str]
) -> Candidate:
    took = sorted(took, key=lambda one: order_session(one.session))
    facts, are_facts = keep_facts(template)
    then = next(one.then for one in took if one.then is not None)
    shown = show_template(facts)
    sources = set() if are_facts else {one.trust for one in took}
    if then.how == "run":
        sources.add("agent")
    return Candidate(
        kind="recovery",
        tool=tool,
        template=f"{template} > {then.how} {then.name}",
        statement=f'When `{tool}` fails with "{shown}", {say_then(then)}.',
        title=cut_title(f"{tool}, then {then.how} {then.name}: {shown}"),
        matched=frozenset(one.session for one in took),
        quotes=_choose_quotes(took),
        signal="outcome",
        scope=f"tool:{tool}",
        claim="helps",
        exposed=exposed,
        sources=tuple(sorted(sources)),
    )


def say_then(then: Then) -> str:
    """Return what to do next in words."""
    if then.how in {"call", "run"}:
        return f"{then.how} `{then.name}` next"
    return f"{then.how} `{then.name}` and call it again"


def _choose_quotes(took: Sequence[Occurrence]) -> tuple[Quote, ...]:
    """Return the error and the next call of two sessions, of those that ended well first."""
    ranked = sorted(took, key=lambda one: one.verdict != "success")
    quotes: list[Quote] = []
    for one in ranked[:_PAIRS]:
        quotes.append(Quote(one.session, one.event, one.excerpt))
        if one.then is not None and one.then.text.strip():
            quotes.append(Quote(one.session, one.then.at, one.then.text[:_EXCERPT]))
    return tuple(quotes)
