"""Tables of sessions made for one purpose each: real effects, and what only looks like one."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

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


@dataclass(frozen=True)
class World:
    """How sessions come about: whose they are, how hard the tasks, who has the habit, what it does.

    habit: (hardness of the task, place of the agent) -> chance that a session shows it. hardness
    and skills: chance to fail by task, and what each agent takes off it; effect: what the habit
    adds to it.
    """

    habit: Callable[[float, int], float] = lambda hardness, agent: 0.5
    effect: float = 0.0
    tasks: int = 40
    agents: int = 1
    runs: int = 4
    skills: tuple[float, ...] = (0.0,)
    domain: str = ""
    hardness: tuple[float, float] = (0.2, 0.7)
    is_repeated: bool = True

    def sessions(self, seed: int, first: int = 1) -> tuple[list[LedgerRow], list[int]]:
        """The rows, counted from `first`, and the numbers of those that show the habit."""
        chance = random.Random(seed)  # noqa: S311
        low, high = self.hardness
        rows: list[LedgerRow] = []
        shown: list[int] = []
        for task in range(self.tasks):
            hard = low + (high - low) * chance.random()
            for run in range(self.agents * self.runs):
                number = first + len(rows)
                agent = run % self.agents
                shows = chance.random() < self.habit(hard, agent)
                skill = self.skills[agent % len(self.skills)]
                fails = chance.random() < hard - skill + (self.effect if shows else 0.0)
                if shows:
                    shown.append(number)
                rows.append(
                    row(
                        number,
                        "failure" if fails else "success",
                        agent=f"agent-{agent}",
                        task_key=f"{self.domain}:{task}" if self.is_repeated else "",
                        domain=self.domain,
                    )
                )
        return rows, shown


def shuffle_within_tasks(rows: Sequence[LedgerRow], seed: int) -> list[LedgerRow]:
    """The same sessions with the ends of each task dealt out anew among its sessions."""
    chance = random.Random(seed)  # noqa: S311
    by_task: dict[str, list[int]] = {}
    for place, one in enumerate(rows):
        by_task.setdefault(one.task, []).append(place)
    dealt = list(rows)
    for task in sorted(by_task):
        ends = [rows[place].verdict for place in by_task[task]]
        chance.shuffle(ends)
        for place, end in zip(by_task[task], ends, strict=True):
            dealt[place] = replace(rows[place], verdict=end)
    return dealt
