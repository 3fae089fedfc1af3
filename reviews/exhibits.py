"""A sample laid out as the page of a proposal reads it: an unsaved row, and never more than that.

Nothing here asks the database, and nothing here is ever saved: what looks like a proposal on these
pages is in no count, no history, no export and no memory.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agents.context import Remembered
from agents.models import MemoryStore, Publishing
from agents.stores import text_sha256
from reviews.approval_rules import DEFAULT_RULES, count_approvals, route, say_needs
from reviews.changes import Change as ProposedChange
from reviews.changes import PatternFacts
from reviews.dossier import MOST_FLAGS, OPS, Change, Dossier, Step, compare, flags_of
from reviews.grounds import why_of
from reviews.lifecycle import State
from reviews.models import OriginKind, Proposal, ProposalRevision
from reviews.quotes import ENDS, Ending, Quote, Turn
from reviews.rewrites import Text, live_text, no_text, own_text
from reviews.risk import Risk, assess
from reviews.rules import facts_of, route_body
from reviews.samples.base import Cited, Said, Sample
from reviews.turns import YOURS, Chip, WhoseTurn, effect_of

FILED_BEFORE = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Staging:
    """How a sample is shown: under which number and dream, when, and with what opened.

    number: of its P-…, where it has one. closed: the chip once it is answered; None while it waits.
    publishing: when the memory it stands in for serves what was approved.
    """

    number: int
    now: datetime
    dream: str = "D-1"
    opened: Collection[int] = ()
    closed: Chip | None = None
    publishing: str = Publishing.AT_ONCE


def texts_of_sample(sample: Sample, staging: Staging) -> tuple[Text, ...]:
    """Return the sample's text in force and its own, as the texts of a proposal are compared."""
    dossier = dossier_of_sample(sample, staging)
    base = live_text(sample.version, sample.old) if sample.old else no_text()
    return (base, own_text(dossier.revision))


def remembered_of_sample(sample: Sample, staging: Staging, *, is_shared: bool) -> Remembered | None:
    """Return what an agent would have to read of the sample; None where it takes a memory out."""
    if not sample.new:
        return None
    return Remembered(
        memory=0,
        version=sample.version + 1 if sample.old else 1,
        path=sample.path,
        content=sample.new,
        support=sample.seen.sessions if sample.seen else 0,
        last_evidence_at=max(
            (staging.now - timedelta(days=one.days) for one in sample.quotes), default=None
        ),
        is_shared=is_shared,
    )


class Exhibit:
    """An unsaved proposal under a name of its own, for templates that print `proposal`."""

    def __init__(self, row: Proposal, name: str) -> None:
        self.row = row
        self.name = name

    def __getattr__(self, name: str) -> Any:
        """Return what the row has under that name."""
        return getattr(self.row, name)

    def __str__(self) -> str:
        return self.name


def dossier_of_sample(sample: Sample, staging: Staging) -> Dossier:
    """Return what is read about the sample, built by the functions that build it for proposals."""
    row = row_of(sample, staging)
    revision = ProposalRevision(
        number=1,
        content=sample.new,
        sha256=row.content_sha256,
        base_version=row.base_version,
        rationale=sample.rationale,
        created_at=row.filed_at,
    )
    change = _change_of(sample, row)
    quotes = tuple(
        quote_of(sample, position, staging, is_wide=False)
        for position in range(1, len(sample.quotes) + 1)
    )
    turn = _turn_of(row, staging)
    why = why_of(row, revision, sum(not quote.supports for quote in quotes))
    flags = flags_of(row, change, quotes, turn, why)
    return Dossier(
        proposal=row,
        revision=revision,
        op=OPS[row.op],
        turn=turn,
        flags=flags[:MOST_FLAGS],
        more_flags=max(0, len(flags) - MOST_FLAGS),
        why=why,
        change=change,
        quotes=quotes,
        near=(),
        steps=(Step(row.filed_at, row.origin_label, "filed it"),),
    )


def row_of(sample: Sample, staging: Staging) -> Proposal:
    """Return the sample as an unsaved proposal, its risk and route judged as for a true one."""
    change = ProposedChange(
        op=sample.op,
        path=sample.path,
        content=sample.new,
        base_version=sample.version if sample.old else None,
        title=sample.title,
        rationale=sample.rationale,
        pattern=PatternFacts("mistake", "", "", sample.signal),
        taint=sample.taint,
    )
    risk = assess(change, sample.old or None, taint=sample.taint)
    seen = sample.seen
    row = Proposal(
        number=staging.number,
        op=sample.op.value,
        path=sample.path,
        base_version=change.base_version,
        title=sample.title,
        state=State.PENDING,
        content_sha256=text_sha256(sample.new),
        taint=sample.taint.value,
        origin_kind=OriginKind.DREAM,
        origin_id=staging.dream,
        origin_label=f"Dream {staging.dream}",
        engine="local",
        pattern_kind="mistake",
        pattern_numbers=dict(seen.numbers) if seen else {},
        pattern_sentences=list(seen.sentences) if seen else [],
        signal=sample.signal,
        support=seen.sessions if seen else 0,
        filed_at=staging.now - FILED_BEFORE,
        **_judged(change, risk),
    )
    # What the database computes of a saved row; its place in the list is read from it.
    row.__dict__ |= {"lead": staging.number, "waits": 1}
    return row


def _judged(change: ProposedChange, risk: Risk) -> dict[str, Any]:
    facts = facts_of(change, risk, MemoryStore(), ())
    return {
        "risk": risk.level.value,
        "risk_rank": risk.level.rank,
        "risk_reasons": [
            {"code": reason.code.value, "words": reason.words, "excerpt": reason.excerpt}
            for reason in risk.reasons
        ],
        "route": route_body(route(facts, DEFAULT_RULES), facts),
    }


def _change_of(sample: Sample, row: Proposal) -> Change:
    label = "new memory"
    if row.base_version is not None:
        label = f"version {row.base_version} to {row.base_version + 1}"
        if not sample.new:
            label = f"takes version {row.base_version} out"
    return Change(
        label=label, old=sample.old, new=sample.new, diff=compare(sample.old, sample.new), folded=()
    )


def _turn_of(row: Proposal, staging: Staging) -> WhoseTurn:
    needs = tuple((group, count) for group, count in row.route["needs"])
    total = count_approvals(needs)
    lead, effect = effect_of(total, total, staging.publishing)
    is_open = staging.closed is None
    return WhoseTurn(
        chip=staging.closed or YOURS,
        sees_controls=is_open,
        may_approve=is_open,
        may_reject=is_open,
        may_send_back=is_open,
        may_withdraw=False,
        barred="",
        lead=lead,
        effect=effect,
        needs=f"{say_needs(needs)}, yours is first" if total > 1 else say_needs(needs),
        approvals=total,
        votes=(),
        disputed=False,
        unsatisfiable="",
        follows="The next dream over this memory reads your note.",
    )


def quote_of(sample: Sample, position: int, staging: Staging, *, is_wide: bool) -> Quote:
    """Return a quote as the page shows it: its own turn, or with the turns around it."""
    cited = sample.quotes[position - 1]
    shown = range(len(cited.turns)) if is_wide else (cited.at,)
    return Quote(
        position=position,
        supports=cited.supports,
        session=f"S-{cited.session}",
        number=cited.session,
        turn=cited.first + cited.at,
        at=staging.now - timedelta(days=cited.days),
        turns=tuple(_turn(cited, at) for at in shown),
        ending=Ending(cited.ended.value, ENDS[cited.ended.value], cited.check),
        is_opened=position in staging.opened or is_wide,
        is_wide=is_wide,
    )


def _turn(cited: Cited, at: int) -> Turn:
    said: Said = cited.turns[at]
    is_cited = at == cited.at
    before, _, after = said.text.partition(cited.words) if is_cited else (said.text, "", "")
    return Turn(
        index=cited.first + at,
        who=said.who,
        tool=said.tool,
        before=before,
        quote=cited.words if is_cited else "",
        after=after,
        is_cited=is_cited,
        is_error=said.is_error,
    )
