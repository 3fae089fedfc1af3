"""What may leave a workspace: to which engines and regions, and which personal data is covered."""

import re
from collections.abc import Collection
from typing import Any

from django.db import transaction

from agents.errors import InvalidInput
from agents.models import Person, Workspace
from agents.people import acting, lock_workspace
from agents.personal import KINDS
from agents.rights import Right
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import Actor

NAME = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,99}")
MOST_NAMES = 50


def why_outside(workspace: Workspace, engine: str, regions: Collection[str]) -> str:
    """Return why a dream of `workspace` may not use the engine, '' when it may.

    regions: where the engine sends data; an engine that sends nothing is inside every boundary.
    """
    if workspace.engines and engine not in workspace.engines:
        allowed = ", ".join(workspace.engines)
        return f'{workspace.name} does not allow the engine "{engine}"; it allows {allowed}.'
    outside = sorted(set(regions) - set(workspace.regions))
    if not outside:
        return ""
    allowed = ", ".join(workspace.regions) or "nowhere"
    return (
        f'The engine "{engine}" sends data to {", ".join(outside)}; from {workspace.name} it may go'
        f" to {allowed}. An admin sets this on the workspace's page."
    )


@transaction.atomic
def set_boundary(
    workspace: Workspace,
    *,
    engines: Collection[str],
    regions: Collection[str],
    masked: Collection[str],
    by: Person | Actor,
) -> None:
    """Say which engines dream here, where data may go, and what personal data is covered.

    engines: empty allows every engine that stays inside `regions`; regions: empty lets nothing
    out. masked: of agents.personal.KINDS. The same again writes nothing. Raises InvalidInput.
    """
    chosen = {
        "engines": _clean(engines, "engine"),
        "regions": _clean(regions, "region"),
        "masked": [kind for kind in KINDS if kind in set(masked)],
    }
    if unknown := sorted(set(masked) - set(KINDS)):
        raise InvalidInput(f'"{unknown[0]}" is no kind of personal data that is known here.')
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.APPLY_RULES)
    before = Workspace.objects.values(*chosen).get(pk=workspace.pk)
    if before == chosen:
        return
    Workspace.objects.filter(pk=workspace.pk).update(**chosen)
    for name, value in chosen.items():
        setattr(workspace, name, value)
    log.append(
        Action.WORKSPACE_CHANGED,
        workspace=workspace.slug,
        actor=actor,
        object=f"workspace:{workspace.slug}",
        before=_body(before),
        after=_body(chosen),
    )


def _body(boundary: dict[str, Any]) -> dict[str, Any]:
    """Return the boundary as an entry holds it: names without blanks, which are no free text."""
    spelled = [kind.replace(" ", "-") for kind in boundary["masked"]]
    named = {name: list(boundary[name]) for name in ("engines", "regions")}
    return {"boundary": {**named, "masked": spelled}}


def _clean(names: Collection[str], what: str) -> list[str]:
    chosen = sorted({name.strip().lower() for name in names} - {""})
    if len(chosen) > MOST_NAMES:
        raise InvalidInput(f"Name {MOST_NAMES} at most; these are {len(chosen)}.")
    for name in chosen:
        if not NAME.fullmatch(name):
            raise InvalidInput(
                f'"{name[:40]}" names no {what}: small letters, digits and . : _ - are used.'
            )
    return chosen
