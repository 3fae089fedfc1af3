"""Drawing a sample from a period's population, by a seed and a rule anybody can repeat.

The seed is on the record before anybody sees what it draws, and every draw is: who tries seeds
until they like the sample is seen to have done so.
"""

import hashlib
import re
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max

from agents import clock
from agents.models import Workspace
from agents.people import Member, actor_of, lock_workspace, require_right
from agents.rights import Right
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.audit.proofs import latest_checkpoint
from reviews.auditing.population import names_in
from reviews.auditing.spans import Span
from reviews.draws import MOST_DRAWN, draw_openly
from reviews.errors import InvalidChange
from reviews.models import AuditSample, Proposal

RULE = "sha256-1"
"""The rule of reviews.draws.draw_openly; another rule would get another name."""

SEED = re.compile(r"[A-Za-z0-9._-]{1,64}")
USUAL_SIZE = 25


def list_text(names: Sequence[str]) -> str:
    """Return names as the text whose SHA-256 is on the record: one a line, each ended."""
    return "".join(f"{name}\n" for name in names)


def sha256_of(names: Sequence[str]) -> str:
    """Return the SHA-256 of a list of names, in hex."""
    return hashlib.sha256(list_text(names).encode()).hexdigest()


def proposed_seed() -> str:
    """Return a seed nobody chose: size and first hex digits of the newest signed root, if any."""
    checkpoint = latest_checkpoint()
    return f"{checkpoint.size}-{bytes(checkpoint.root).hex()[:16]}" if checkpoint else ""


@transaction.atomic(durable=True)
def draw_sample(
    workspace: Workspace, span: Span, *, seed: str, size: int, by: Member
) -> AuditSample:
    """Draw `size` of the proposals decided in the period and put the draw on the record.

    Where fewer were decided, all are drawn. Raises NotAllowed (agents.errors) for who takes nothing
    out of the history, InvalidChange for a seed or a size that cannot be used and for a period in
    which nothing was decided.
    """
    require_right(by, Right.AUDIT_EXPORT)
    _check(seed, size)
    lock_workspace(workspace)
    names = names_in(workspace, span)
    if not names:
        raise InvalidChange(
            f"Nothing was decided from {span.since} to {span.until}: there is nothing to draw from."
        )
    drawn = draw_openly(seed, names, size)
    last = AuditSample.objects.filter(workspace=workspace).aggregate(last=Max("number"))["last"]
    sample = AuditSample.objects.create(
        workspace=workspace,
        number=(last or 0) + 1,
        by=by.person,
        since=span.since,
        until=span.until,
        seed=seed,
        rule=RULE,
        population=len(names),
        population_sha256=sha256_of(names),
        drawn=[int(name.partition("-")[2]) for name in drawn],
        drawn_at=clock.now(),
    )
    _log(sample, drawn, by)
    return sample


def _check(seed: str, size: int) -> None:
    if not SEED.fullmatch(seed):
        raise InvalidChange(
            "A seed has 1 to 64 letters, digits, dots, underscores or hyphens, without blanks."
        )
    if not 1 <= size <= MOST_DRAWN:
        raise InvalidChange(f"A sample has 1 to {MOST_DRAWN} proposals, not {size}.")


def _log(sample: AuditSample, drawn: Sequence[str], by: Member) -> None:
    append(
        Action.SAMPLE_DRAWN,
        workspace=sample.workspace.slug,
        actor=actor_of(by.person),
        object=f"audit_sample:{sample.number}",
        after={
            "since": f"{sample.since:%Y-%m-%d}",
            "until": f"{sample.until:%Y-%m-%d}",
            "seed": sample.seed,
            "rule": sample.rule,
            "population": sample.population,
            "population_sha256": sample.population_sha256,
            "drawn": len(drawn),
            "drawn_sha256": sha256_of(drawn),
        },
    )


def proposals_of(sample: AuditSample) -> list[Proposal]:
    """Return the drawn proposals in the order of the draw; one without a row is left out."""
    rows = Proposal.objects.filter(workspace=sample.workspace, number__in=sample.drawn)
    found = {row.number: row for row in rows.select_related("agent", "decided_by")}
    return [found[number] for number in sample.drawn if number in found]
