"""Tables of sessions made for one purpose each: real effects, and what only looks like one."""

from dreaming.tables import LedgerRow
from tests.dreaming.build_sessions import row


def ledger_within_tasks(
    *, tasks: int = 8, failed_with: int = 2, failed_without: int = 0
) -> tuple[list[LedgerRow], list[int]]:
    """Each task ran four times: twice with the pattern, twice without. Ids count up from 1."""
    rows: list[LedgerRow] = []
    matched: list[int] = []
    number = 0
    for task in range(tasks):
        for place in range(4):
            number += 1
            shows = place < 2
            failed = place < failed_with if shows else place - 2 < failed_without
            if shows:
                matched.append(number)
            rows.append(
                row(
                    number,
                    "failure" if failed else "success",
                    task_key=f"task-{task}",
                    principal=f"person-{task % 3}",
                )
            )
    return rows, matched
