import pytest

from agents.transcripts.base import EventKind, ParsedEvent, Role
from agents.transcripts.pairing import pair_calls
from agents.transcripts.principals import find_principal


def said(text: str) -> ParsedEvent:
    return ParsedEvent(EventKind.MESSAGE, Role.USER, text)


def looked_up(tool: str, arguments: str, result: str, *, failed: bool = False) -> list[ParsedEvent]:
    return [
        ParsedEvent(EventKind.TOOL_CALL, Role.ASSISTANT, arguments, tool=tool),
        ParsedEvent(EventKind.TOOL_RESULT, Role.TOOL, result, is_error=failed),
    ]


DETAILS = ("get_user_details", '{"user_id": "mia_li_1"}', '{"name": "Mia"}')
RECORD = ("get_order", '{"order": 7}', '{"user_id": "mia_li_1"}')


@pytest.mark.parametrize(
    ("events", "principal"),
    [
        ([], ""),
        (looked_up(*DETAILS), "mia_li_1"),
        (looked_up(*DETAILS, failed=True), ""),
        (looked_up("find_user_id_by_email", "{}", "mia_li_1"), "mia_li_1"),
        (looked_up("find_user_id_by_email", "{}", "no such user"), ""),
        ([said("I am mia_li_1."), *looked_up(*RECORD)], "mia_li_1"),
        ([said("I am ann_lee_2."), *looked_up(*RECORD)], ""),
        ([said("I am mia_li_1.")], ""),
        (looked_up(*RECORD), ""),
        (looked_up("a", '{"user_id": "Mia Li"}', "{}"), ""),
        (looked_up("a", '{"user_id": ["mia_li_1"]}', "{}"), ""),
        (looked_up("a", '{"user_id": broken', "{}"), ""),
        ([*looked_up(*DETAILS), *looked_up("b", '{"user_id": "ann_lee_2"}', "{}")], ""),
    ],
)
def test_the_principal_is_the_one_user_beyond_doubt(events, principal):
    assert find_principal(pair_calls(events)) == principal
