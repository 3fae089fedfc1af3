"""What the letters desk of the demo was told in its sessions at the vendor."""

USER, AGENT = "user.message", "agent.message"
Chat = tuple[tuple[str, str], ...]

WISHES = (
    "Always name the claim number in the first line of a letter.",
    "Never send a refusal on a Friday.",
    "Always enclose the form for an appeal with a refusal.",
)
TASKS = (
    "Write to Ms Keller that her crown is covered.",
    "Write to Mr Novak that we need the invoice.",
    "Write to Ms Osei that her claim was refused.",
    "Write to Mr Pereira that the transfer is on its way.",
)


def _chat(at: int) -> Chat:
    task, wish = TASKS[at % len(TASKS)], WISHES[at % len(WISHES)]
    return (
        (USER, task),
        (AGENT, "Here is the letter. Shall I send it?"),
        (USER, f"One thing first. {wish} Then send it."),
        (AGENT, "I changed that and sent the letter."),
    )


CHATS: tuple[Chat, ...] = tuple(_chat(at) for at in range(12))
"""Twelve sessions; each wish is said in four of them."""
