"""The tools MCP clients are offered, over the verbs of the memory tool. Knows no protocol."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.errors import InvalidToken, MalformedRequest, ScopeMissing
from agents.models import Agent, Scope, Token
from agents.reads import MAX_BUDGET_TOKENS, read_memory
from agents.tokens import find_token, note_use
from reviews.errors import InvalidChange
from reviews.lookups import Place, look_up
from reviews.memory_commands import Write
from reviews.memory_tool import Told, approved_texts, propose_writes

DEFAULT_BUDGET_TOKENS = 4_000
MOST_PLACES = 20
MOST_SAID = 2_000
SESSION_NEEDED = (
    "session is missing: send the id of this session, the same in every call of it, so that it is"
    " known what the session was given."
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a live token of one agent, in one of the agent's sessions.

    session: '' where the caller's stack has not named it; then each call names it.
    """

    token: Token
    agent: Agent
    session: str


class Arguments(BaseModel):
    """Base of what a tool is given."""

    model_config = ConfigDict(extra="forbid")
    session: str = Field(
        default="",
        description="Id of the present session, the same in every call of it. Leave it out where "
        "the connection names the session.",
    )


class ReadMemory(Arguments):
    """What `read_memory` is given."""

    path: str = Field(
        default="", description="A path such as /notes/refunds.md, for one memory in full."
    )
    budget_tokens: int = Field(
        default=DEFAULT_BUDGET_TOKENS,
        ge=1,
        le=MAX_BUDGET_TOKENS,
        description="How many tokens the text may have.",
    )


class SearchMemory(Arguments):
    """What `search_memory` is given."""

    query: str = Field(description="Words that all stand in the path or the text.")


class ProposeChange(Arguments):
    """What `propose_change` is given."""

    path: str = Field(description="Path of the memory, such as /notes/refunds.md.")
    action: Literal["write", "retire"] = Field(
        default="write", description="write: the path says `content`; retire: take the memory out."
    )
    content: str = Field(default="", description="The whole new text, in Markdown.")
    reason: str = Field(
        default="",
        max_length=MOST_SAID,
        description="Why, in one or two sentences for the person who decides.",
    )


def caller_of(secret: str, session: str) -> Caller:
    """Return who holds the secret. Raises InvalidToken and ScopeMissing with the way out."""
    token = find_token(secret)
    if Scope.MEMORY_PROPOSE not in token.scopes:
        raise ScopeMissing(
            f"The token {token.start}… does not have the scope {Scope.MEMORY_PROPOSE}. An admin can"
            " issue one that does."
        )
    if token.agent is None:
        raise InvalidToken(
            f"The token {token.start}… is for a whole workspace; tools need one for one agent."
        )
    note_use(token)
    return Caller(token, token.agent, session)


def run_tool(name: str, arguments: Mapping[str, Any], caller: Caller) -> Told:
    """Run one tool for the caller and return what the model is told.

    Raises one of memory_tool.MODEL_ERRORS for what the model can mend.
    """
    tool = TOOLS.get(name)
    if tool is None:
        raise InvalidChange(f"{name[:80]!r} is no tool; there are {', '.join(TOOLS)}.")
    try:
        given = tool.arguments.model_validate(arguments)
    except ValidationError as error:
        raise MalformedRequest(_faults(error)) from error
    session = caller.session or given.session
    if not session:
        raise MalformedRequest(SESSION_NEEDED)
    return tool.run(caller, session, given)


def _faults(error: ValidationError) -> str:
    """Name each argument that cannot be taken, without repeating what was sent."""
    return " ".join(
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}."
        for fault in error.errors(include_input=False, include_context=False)
    )


def _read(caller: Caller, session: str, given: ReadMemory) -> Told:
    if given.path:
        texts = approved_texts(caller.agent, session)
        if given.path not in texts:
            raise InvalidChange(
                f"There is no approved memory at {given.path[:200]!r}. Read without a path, or "
                "search, to see what there is."
            )
        return Told(texts[given.path])
    text = read_memory(caller.agent, session, given.budget_tokens).text
    return Told(text or "Nothing is approved for this agent's memory yet.")


def _search(caller: Caller, session: str, given: SearchMemory) -> Told:
    if not given.query.strip():
        raise MalformedRequest("query: name at least one word.")
    places = look_up(given.query, approved_texts(caller.agent, session))
    if not places:
        return Told("No approved memory holds all of these words.")
    left = len(places) - MOST_PLACES
    rest = [f"and {left} more; name more words."] if left > 0 else []
    return Told("\n".join([*map(_say_place, places[:MOST_PLACES]), *rest]))


def _say_place(place: Place) -> str:
    return "\n".join([place.path, *(f"{number:6}\t{line}" for number, line in place.lines)])


def _propose(caller: Caller, session: str, given: ProposeChange) -> Told:
    if given.action == "write" and not given.content.strip():
        raise InvalidChange('content is empty; to take a memory out send action "retire".')
    text = given.content if given.action == "write" else None
    return propose_writes(
        caller.agent,
        session,
        [Write(given.path, text)],
        texts=approved_texts(caller.agent, session),
        token=caller.token,
        said=given.reason.strip(),
    )


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: what it says about itself, what it takes, what it does."""

    title: str
    says: str
    arguments: type[Arguments]
    run: Callable[[Caller, str, Any], Told]
    only_reads: bool


TOOLS: Mapping[str, Tool] = {
    "read_memory": Tool(
        "Read memory",
        "Read what people approved for this agent to remember. Call it when a session begins.",
        ReadMemory,
        _read,
        only_reads=True,
    ),
    "search_memory": Tool(
        "Search memory",
        "Find approved memories in which all words of a query stand, with the lines they stand in.",
        SearchMemory,
        _search,
        only_reads=True,
    ),
    "propose_change": Tool(
        "Propose a change",
        "Propose what this agent's memory should say at a path. Nothing changes by it: a person "
        "decides, and later sessions read what was approved.",
        ProposeChange,
        _propose,
        only_reads=False,
    ),
}
