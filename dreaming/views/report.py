"""What the page of one dream tells: what it read, what was asked, what it found and left out.

Patterns come in sections by what became of them, a few of each; a section shows all of its own a
page at a time. However many there are, the page asks the database the same few questions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db.models import Count, Max, Min, QuerySet

from agents.web.amounts import spell_number
from agents.web.charts import TwoRates
from agents.web.paging import Page, page_of
from dreaming.contradictions import UNSETTLED
from dreaming.filing import filed_by
from dreaming.models import Dream, Pattern
from dreaming.spending import COST, spell_cost
from reviews.changes import Op
from reviews.grounds import Fact, chart_of, facts_of
from reviews.models import Proposal

FEW = 10
MANY = 50
KINDS: Mapping[str, str] = {
    "mistake": "Recurring mistakes",
    "fact": "Facts about the environment",
    "recovery": "Ways out of a failure",
    "workflow": "Ways of working",
    "check": "What checks said",
    "preference": "What people asked for",
    "stale": "Out of date",
}
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "proposed": ("filed", "held"),
    "known": ("already_open", "already_in_memory", "rejected_before"),
    "listed": ("listed", "dropped"),
}
HEADS: Mapping[str, tuple[str, str]] = {
    "proposed": ("Found and proposed", ""),
    "known": ("Found and known already", "nothing new was filed for these"),
    "listed": ("Seen and not proposed", "each with the reason why not"),
}
NOTHING: Mapping[str, tuple[str, str]] = {
    "failed": ("Nothing was found", "The dream ended before it found anything."),
    "cancelled": ("Nothing was found", "The dream was cancelled before it found anything."),
    "skipped": ("Nothing was read", "The dream was skipped."),
    "completed": ("Nothing to change", "No pattern led to a proposal."),
}
"""What stands where nothing was found: by state, a title and a text for want of better words."""

SHOWN_DROPPED, MOST_DROPPED = 8, 200
STANDING: Mapping[str, str] = {
    "filed": "filed",
    "held": "held until two people let it through",
    "already_open": "is open already",
    "already_in_memory": "is in memory already",
    "rejected_before": "was rejected before",
    "listed": "not proposed",
    "dropped": "could not be filed",
}
PROPOSAL_STATES: Mapping[str, str] = {
    "pending": "waits for a reviewer",
    "awaiting_second": "waits for another reviewer",
    "scheduled": "is decided",
    "applied": "applied",
    "rejected": "rejected",
    "changes_requested": "sent back",
    "conflicted": "its base changed",
    "superseded": "filed anew since",
    "withdrawn": "withdrawn",
}


@dataclass(frozen=True, slots=True)
class Item:
    """A pattern in words. says: the instruction where the title does not say it already.

    number: of its proposal, None without one; standing: what became of it. is_left: nothing was
    proposed, and why says why not. where: where and when it holds, in words.
    """

    title: str
    says: str
    sentences: tuple[str, ...]
    why: str
    reference: str
    number: int | None
    standing: str
    is_left: bool
    where: tuple[str, ...]
    chart: TwoRates | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Patterns of one kind, under its head."""

    head: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One section: groups of what is shown of it, how many there are, and the way to the rest."""

    name: str
    head: str
    note: str
    groups: tuple[Group, ...]
    count: int
    more: str = ""
    page: Page[Pattern] | None = None

    @property
    def left(self) -> int:
        """Return how many are not shown."""
        return self.count - sum(len(group.items) for group in self.groups)


@dataclass(frozen=True, slots=True)
class Change:
    """What a dream would do to memory itself: which texts, why, and the proposal it became."""

    kind: str
    title: str
    why: str
    paths: tuple[str, ...]
    reference: str
    number: int | None
    standing: str


@dataclass(frozen=True, slots=True)
class Read:
    """What the dream read: between which days, of how many agents."""

    since: datetime | None
    until: datetime | None
    agents: int


def context_of(dream: Dream, only: str, cursor: str) -> dict[str, Any]:
    """Return what the template of a dream's page shows beside its progress."""
    only = only if only in SECTIONS else ""
    read = read_of(dream)
    sections = sections_of(dream, only, cursor)
    changes = changes_of(dream)
    tested, told = tested_of(dream.patterns.all())
    title, text = NOTHING.get(dream.state, NOTHING["completed"])
    return {
        "only": only,
        "heads": [section.head for section in sections],
        "summary": summary_of(dream, read, sections, changes),
        "sections": sections,
        "changes": changes,
        "is_empty": not sections and not changes,
        "empty_title": title,
        "empty_text": text if dream.state == "failed" else dream.failure or text,
        "read": read,
        "left_out": left_out_of(dream),
        "costs": costs_of(dream),
        "tested": tested,
        "told": told,
        "dropped": dream.dropped[:SHOWN_DROPPED],
        "dropped_rest": dream.dropped[SHOWN_DROPPED:MOST_DROPPED],
        "dropped_left": max(0, len(dream.dropped) - MOST_DROPPED),
    }


def left_out_of(dream: Dream) -> tuple[dict[str, str], ...]:
    """Return what was left out, and what was read all the same, each with its count in words."""
    return tuple(
        {
            "label": "Of note" if words.startswith("read") else "Left out",
            "words": f"{count:,} {words}",
        }
        for words, count in dream.left_out
    )


def sections_of(dream: Dream, only: str, cursor: str) -> tuple[Section, ...]:
    """Return the sections that hold anything: a few patterns of each, or one of them by pages.

    only: the section asked for by name, '' for a few of all.
    """
    counted = dream.patterns.values("status").annotate(count=Count("pk"))
    counts = dict(counted.values_list("status", "count"))
    states = _states_of(dream)
    sections = []
    for name, statuses in SECTIONS.items():
        count = sum(counts.get(status, 0) for status in statuses)
        if only and name != only:
            continue
        rows = dream.patterns.filter(status__in=statuses).select_related("proposal")
        if name == only:
            page = page_of(rows, order=("position",), cursor=cursor, size=MANY)
            sections.append(
                Section(name, *HEADS[name], groups_of(page.items, states), count, page=page)
            )
        else:
            shown = rows.order_by("position")[: MANY if name == "proposed" else FEW]
            few = groups_of(shown, states)
            sections.append(Section(name, *HEADS[name], few, count, more=f"?only={name}"))
    return tuple(section for section in sections if section.count)


def _states_of(dream: Dream) -> dict[str, str]:
    """Return where the proposals stand now that had a pattern already, by name, in one query."""
    named = dream.patterns.filter(status_ref__startswith="P-")
    references = named.values_list("status_ref", flat=True).distinct()
    numbers = [number for one in references if (number := _number_of(one)) is not None]
    rows = Proposal.objects.filter(workspace=dream.workspace, number__in=numbers or [0])
    return {f"P-{number}": state for number, state in rows.values_list("number", "state")}


def groups_of(
    patterns: Iterable[Pattern], states: Mapping[str, str] = MappingProxyType({})
) -> tuple[Group, ...]:
    """Return the patterns under the heads of their kinds, in the order of KINDS.

    states: where the proposals stand now that patterns name, by name.
    """
    by_kind: dict[str, list[Item]] = {kind: [] for kind in KINDS}
    for pattern in patterns:
        by_kind.setdefault(pattern.kind, []).append(item_of(pattern, states))
    return tuple(
        Group(KINDS.get(kind, kind.replace("_", " ").capitalize()), tuple(items))
        for kind, items in by_kind.items()
        if items
    )


def item_of(pattern: Pattern, states: Mapping[str, str] = MappingProxyType({})) -> Item:
    """Return one pattern in words; states as groups_of has them."""
    proposal = pattern.proposal
    standing = standing_of(pattern.status, proposal)
    if pattern.status == "already_open" and pattern.status_ref in states:
        standing = PROPOSAL_STATES[states[pattern.status_ref]]
    statement = pattern.statement.strip()
    is_title = statement.rstrip(".").casefold() == pattern.title.rstrip(".").casefold()
    sentences = [one for one in pattern.sentences if one != pattern.why]
    return Item(
        title=pattern.title,
        says="" if is_title else statement,
        sentences=tuple(sentences),
        why=pattern.why,
        reference=str(proposal) if proposal else pattern.status_ref,
        number=proposal.number if proposal else _number_of(pattern.status_ref),
        standing=standing,
        is_left=pattern.status in SECTIONS["listed"],
        where=where_of(pattern.scope, pattern.numbers),
        chart=chart_of(pattern.numbers),
        facts=facts_of(pattern.numbers, pattern.signal),
    )


def _number_of(reference: str) -> int | None:
    number = reference.removeprefix("P-")
    return int(number) if reference.startswith("P-") and number.isdecimal() else None


def standing_of(status: str, proposal: Proposal | None) -> str:
    """Return what became of a pattern or change, with where its proposal stands now."""
    if status != "filed" or proposal is None:
        return STANDING.get(status, status.replace("_", " "))
    if proposal.state == "applied" and proposal.route.get("mode") == "automatic":
        return "applied by rule"
    return PROPOSAL_STATES[proposal.state]


def where_of(scope: str, numbers: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where and when a pattern holds, each in a few words; its title names its tool."""
    kind, _, name = scope.partition(":")
    held = [f"Only in {name} sessions"] if kind == "domain" and name else []
    held += [f"{one[:1].upper()}{one[1:]}" for one in numbers.get("conditions", ())]
    return tuple(dict.fromkeys(filter(None, held)))


def changes_of(dream: Dream) -> tuple[Change, ...]:
    """Return what the dream would do to memory itself; no pattern led to these."""
    folded = [one for one in dream.proposed if one["change"]["pattern"] is None]
    filed = {row.path: row for row in filed_by(dream)} if folded else {}
    return tuple(_change_of(one, filed.get(one["change"]["path"])) for one in folded)


def _change_of(one: Mapping[str, Any], proposal: Proposal | None) -> Change:
    change = one["change"]
    reference = str(proposal) if proposal else one["reference"]
    return Change(
        kind=kind_of(change),
        title=change["title"],
        why=change["rationale"],
        paths=(change["path"], *change["merged"]),
        reference=reference,
        number=proposal.number if proposal else _number_of(reference),
        standing=standing_of(one["status"], proposal),
    )


def kind_of(change: Mapping[str, Any]) -> str:
    """Return in words what a change does to memory."""
    if change["op"] == Op.MERGE and change["content"].startswith(UNSETTLED):
        return "Contradiction"
    words = {Op.MERGE: "Merge", Op.RETIRE: "Retire", Op.UPDATE: "Update", Op.CREATE: "New"}
    return words[Op(change["op"])]


def read_of(dream: Dream) -> Read:
    """Return between which days and of how many agents the dream's sessions are, in one query."""
    at, agent = "revision__session__started_at", "revision__session__agent"
    found = dream.inputs.aggregate(since=Min(at), until=Max(at), agents=Count(agent, distinct=True))
    return Read(found["since"], found["until"], found["agents"])


def summary_of(
    dream: Dream, read: Read, sections: Sequence[Section], changes: Sequence[Change]
) -> str:
    """Return the dream in two sentences, '' for one that came to no end of its own."""
    if dream.state not in {"completed", "partial", "held"} or not (sections or changes):
        return ""
    words = f"It read {_count(dream.sessions_read, 'session')}"
    if read.agents > 1:
        words += f" of {read.agents} agents"
    counts = {section.name: section.count for section in sections}
    proposed = sum(one["status"] in SECTIONS["proposed"] for one in dream.proposed)
    did = "would propose" if dream.state == "held" else "proposed"
    said = [f"{did} {_count(proposed, 'change')}"]
    if known := counts.get("known", 0):
        said.append(f"found {known:,} that memory or the queue has already")
    if listed := counts.get("listed", 0):
        said.append(f"saw {listed:,} that it does not propose")
    if dream.dropped:
        said.append(f"dropped {len(dream.dropped):,}")
    return f"{words}. It {_join(said)}."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _join(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def tested_of(patterns: QuerySet[Pattern]) -> tuple[int, int]:
    """Return how many patterns were tested together, and how many stand out from chance."""
    told = patterns.filter(numbers__told=True)
    first = patterns.values_list("numbers__tested", flat=True).first()
    return int(first or 0), told.count()


def costs_of(dream: Dream) -> tuple[Fact, ...]:
    """Return what left the house with a dream and what it cost; nothing for the local engine."""
    if not dream.estimate and not dream.usage.get("requests"):
        return ()
    usage, estimate = dream.usage, dream.estimate
    facts = [Fact("Engine", f"{dream.engine} {dream.engine_version}")]
    if estimate:
        most = spell_number(estimate["input_tokens"] + estimate["output_tokens"])
        dearest = estimate.get(COST)
        cost = f", {spell_cost(dearest)} at most" if dearest is not None else ""
        facts.append(Fact("Estimate before", f"{most} tokens at most{cost}"))
    if usage.get("requests"):
        used = sum(amount for name, amount in usage.items() if name.endswith("_tokens"))
        facts.append(Fact("Requests", spell_number(usage["requests"])))
        facts.append(Fact("Tokens", spell_number(used)))
    if usage.get(COST):
        facts.append(Fact("Cost", spell_cost(usage[COST])))
    if dream.finished_at:
        covered = f"{spell_number(dream.covered)} places of personal data"
        facts.append(Fact("Covered before", covered))
    return tuple(facts)
