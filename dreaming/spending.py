"""What dreams may spend: a ceiling for one and for a day, held before anything is spent."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from agents import clock
from agents.models import Workspace
from dreaming.engines.base import EngineError, EngineWaits, Estimate, Permit
from dreaming.leases import Lease
from dreaming.models import Dream, DreamState

MICROS = 1_000_000
COST = "cost_micros"
AGREE_WITHIN_S = 4 * 60 * 60
"""How long an estimate waits for an answer; the memory takes no other dream meanwhile."""


class AwaitsAnswer(EngineWaits):
    """The estimate is told; nothing is spent before who started the dream agrees to it."""


def why_too_dear(estimate: Estimate, *, dream_micros: int, day_micros: int, spent: int) -> str:
    """Return why an estimate is not permitted, '' when it is. Pure.

    dream_micros, day_micros: the ceilings in millionths of a dollar, 0 for none; spent: of the day
    so far, with what other running dreams may still spend.
    """
    if not dream_micros and not day_micros:
        return ""
    if estimate.cost_micros is None:
        return (
            "No price is known for a model that is set, so the ceiling cannot be held. Name it in "
            "DAYBREAK_CLAUDE_PRICES, or set both ceilings to 0."
        )
    told = f"This dream may cost {spell_cost(estimate.cost_micros)}"
    if dream_micros and estimate.cost_micros > dream_micros:
        return (
            f"{told}; one dream may cost {spell_cost(dream_micros)}. Nothing was spent. Dream over "
            "fewer sessions, or raise DAYBREAK_DREAM_CEILING_USD."
        )
    if day_micros and spent + estimate.cost_micros > day_micros:
        return (
            f"{told}, and {spell_cost(spent)} of today's {spell_cost(day_micros)} are spent or set "
            "aside. Nothing was spent. Dream tomorrow, or raise DAYBREAK_DAY_CEILING_USD."
        )
    return ""


def is_agreed(estimate: Mapping[str, Any], agreed: Mapping[str, Any]) -> bool:
    """Say whether an estimate stays within the one somebody agreed to, number by number. Pure.

    What has no price is within what had none.
    """
    return bool(agreed) and all(
        number is agreed[name] is None
        or (number is not None and agreed[name] is not None and number <= agreed[name])
        for name, number in estimate.items()
    )


def spell_estimate(estimate: Mapping[str, Any]) -> str:
    """Return an estimate (as a Dream keeps it) in a sentence."""
    asked, cost = estimate["requests"], estimate[COST]
    dearest = "no price is known" if cost is None else f"at most {spell_cost(cost)}"
    return (
        f"{asked:,} request{'' if asked == 1 else 's'} with {estimate['input_tokens']:,} tokens, "
        f"answers of at most {estimate['output_tokens']:,} tokens: {dearest}."
    )


def spell_cost(micros: int) -> str:
    """Return an amount in dollars and cents, rounded up: 1234567 is 1.24 USD."""
    cents = -(-micros // 10_000)
    return f"{cents // 100}.{cents % 100:02} USD"


def permit_for(lease: Lease) -> Permit:
    """Return the permit of one dream: it books an estimate on the row.

    It raises EngineError above a ceiling, AwaitsAnswer where the dream asks first.
    """
    return lambda estimate: _book(lease, estimate)


def _book(lease: Lease, estimate: Estimate) -> None:
    with transaction.atomic(durable=True):
        dream = lease.lock()
        # Two dreams of a workspace that begin at once: the second sees what the first booked.
        Workspace.objects.select_for_update().get(pk=dream.workspace_id)
        refusal = why_too_dear(
            estimate,
            dream_micros=_micros(settings.DREAM_CEILING_USD),
            day_micros=_micros(settings.DAY_CEILING_USD),
            spent=spent_today(dream, clock.now()),
        )
        dream.estimate = asdict(estimate)
        dream.save(update_fields=["estimate"])
    if refusal:
        raise EngineError(refusal, permanent=True)
    if dream.asks_first and not is_agreed(dream.estimate, dream.agreed):
        raise AwaitsAnswer(spell_estimate(dream.estimate), seconds=AGREE_WITHIN_S)


def _micros(dollars: float) -> int:
    return round(dollars * MICROS)


def spent_today(dream: Dream, now: datetime) -> int:
    """Return what other dreams of the workspace spent since midnight UTC, or may still spend."""
    start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    others = Dream.objects.filter(workspace=dream.workspace_id, started_at__gte=start)
    rows = others.exclude(pk=dream.pk).values_list("state", "usage", "estimate")
    running = {DreamState.QUEUED.value, DreamState.RUNNING.value}
    return sum(
        int((estimate if state in running else usage).get(COST) or 0)
        for state, usage, estimate in rows
    )
