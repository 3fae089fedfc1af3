"""What a model may answer, as schemas, and what came held against them one item at a time."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from anthropic import transform_schema
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from agents.redaction import replace_unstorable
from dreaming.engines.base import Dropped


def _known(*words: str) -> Any:
    """Return a text that is one of these; models do not keep to the case of a list."""

    def check(value: str) -> str:
        lowered = value.strip().lower()
        if lowered not in words:
            raise ValueError(f"is none of {', '.join(words)}")
        return lowered

    return Annotated[str, AfterValidator(check), Field(json_schema_extra={"enum": list(words)})]


Kind = _known("mistake", "recovery", "fact", "workflow", "preference", "check")
Signal = _known("outcome", "words")
Operation = _known("create", "update", "retire")
Relation = _known("supports", "contradicts")


class Place(BaseModel):
    """Where words stand: number of an event and its words."""

    event: int = Field(ge=0)
    text: str = Field(min_length=1, max_length=2_000)
    relation: Relation  # type: ignore[valid-type]  # made by _known


class Observation(BaseModel):
    """What one session shows. Every field is asked for: optional ones cost a schema its limits."""

    kind: Kind  # type: ignore[valid-type]
    topic: str = Field(min_length=1, max_length=120)
    statement: str = Field(min_length=1, max_length=1_000)
    tool: str = Field(max_length=200)
    signal: Signal  # type: ignore[valid-type]
    recovered: bool
    quotes: list[Place] = Field(max_length=5)


class Observations(BaseModel):
    """The answer to the reading of one session."""

    observations: list[Observation]


class Proposed(BaseModel):
    """One change as a model proposes it."""

    op: Operation  # type: ignore[valid-type]
    path: str = Field(max_length=1_024)
    kind: Kind  # type: ignore[valid-type]
    topic: str = Field(min_length=1, max_length=120)
    title: str = Field(min_length=1, max_length=200)
    statement: str = Field(max_length=102_400)
    tool: str = Field(max_length=200)
    observations: list[int]
    rationale: str = Field(max_length=2_000)


class Proposals(BaseModel):
    """The answer to the writing at the end."""

    proposals: list[Proposed]


@dataclass(frozen=True, slots=True)
class Read:
    """What an answer held: items that are sound, and those that are not, with the reason."""

    items: tuple[Any, ...]
    dropped: tuple[Dropped, ...]


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the format a request asks for: the schema as the API takes it."""
    return {"type": "json_schema", "schema": transform_schema(model)}


def read_items(text: str, field: str, item: type[BaseModel], where: str) -> Read:
    """Return the sound items of the list `field` in an answer; one bad item costs one item.

    Characters no database keeps are replaced. Raises ValueError when the answer is no JSON object
    with that list.
    """
    body = _parsed(text)
    listed = body.get(field) if isinstance(body, Mapping) else None
    if not isinstance(listed, list):
        raise ValueError(f"the answer has no list of {field}")  # noqa: TRY004 (not our caller's fault)
    items: list[BaseModel] = []
    dropped: list[Dropped] = []
    for at, one in enumerate(listed, start=1):
        try:
            items.append(item.model_validate(one, strict=True))
        except ValidationError as error:
            dropped.append(Dropped(f"{field}, item {at} of {where}", _say(error)))
    return Read(tuple(items), tuple(dropped))


def _parsed(text: str) -> Any:
    try:
        return _storable(json.loads(text))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return replace_unstorable(value)[0]
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {name: _storable(one) for name, one in value.items()}
    return value


def _say(error: ValidationError) -> str:
    return "; ".join(_faults(error)) + "."


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False, include_input=False)[:3]:
        place = ".".join(str(part) for part in fault["loc"]) or "the item"
        yield f"{place}: {fault['msg']}"
