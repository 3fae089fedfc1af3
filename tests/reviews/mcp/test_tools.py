"""The tools without a protocol: approved memory out, proposals in, refusals a model can mend."""

import pytest

from agents.errors import InvalidToken, MalformedRequest, ScopeMissing
from agents.models import MemoryRead, MemoryVersion, Token
from agents.tokens import hash_secret, issue_token, revoke_token
from reviews.errors import InvalidChange
from reviews.mcp.tools import MOST_PLACES, TOOLS, caller_of, run_tool
from reviews.models import Decision, Proposal
from tests import build

PATH = "/notes/shipped.md"
TEXT = "Shipped orders stay shipped.\n"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def use(cast):
    build.memory(cast.store, PATH, TEXT)
    build.memory(cast.shared_store, "/house/hours.md", "Open from nine.\n")
    caller = caller_of(cast.token, "run-1")

    def run(name, **given):
        return run_tool(name, given, caller)

    return run


def test_a_session_reads_what_is_approved_and_the_read_is_recorded(cast, use):
    words = use("read_memory").words
    assert "Shipped orders stay shipped." in words
    assert "Open from nine." in words
    read = MemoryRead.objects.get(agent=cast.agent)
    assert read.external_session_id == "run-1"


def test_one_memory_is_read_in_full_and_a_missing_one_is_named(use):
    assert use("read_memory", path=PATH).words == TEXT
    with pytest.raises(InvalidChange, match=r"/notes/none\.md"):
        use("read_memory", path="/notes/none.md")


def test_a_search_gives_the_places_of_approved_memory_alone(cast, use):
    build.proposal(cast.store, path="/notes/secret.md", content="Shipped orders may be stolen.\n")
    words = use("search_memory", query="SHIPPED orders").words
    assert words == f"{PATH}\n     1\tShipped orders stay shipped."
    assert "No approved memory" in use("search_memory", query="stolen").words


def test_a_search_with_many_places_says_how_many_are_left(cast, use):
    for number in range(MOST_PLACES + 2):
        build.memory(cast.store, f"/many/{number}.md", "Plenty.\n")
    words = run_tool("search_memory", {"query": "plenty"}, caller_of(cast.token, "run-2")).words
    assert words.count("/many/") == MOST_PLACES
    assert words.endswith("and 2 more; name more words.")


def test_a_change_is_proposed_with_its_reason_and_memory_says_what_it_said(cast, use):
    told = use("propose_change", path=PATH, content="Offer a return.\n", reason="A person said so.")
    (proposal,) = Proposal.objects.all()
    assert told.proposals == (str(proposal),)
    assert (proposal.op, proposal.state, proposal.origin_kind) == ("update", "pending", "agent")
    rationale = proposal.revisions.get().rationale
    assert "its session run-1" in rationale
    assert rationale.endswith("It said: A person said so.")
    assert use("read_memory", path=PATH).words == TEXT
    assert MemoryVersion.objects.filter(memory__store=cast.store).count() == 1
    assert not Decision.objects.exists()


def test_taking_a_memory_out_is_asked_for_by_name(use):
    with pytest.raises(InvalidChange, match="retire"):
        use("propose_change", path=PATH, content=" ")
    use("propose_change", path=PATH, action="retire")
    assert Proposal.objects.get().op == "retire"


def test_what_was_proposed_twice_waits_once(use):
    first = use("propose_change", path="/new.md", content="New.")
    assert use("propose_change", path="/new.md", content="New.").proposals == first.proposals
    assert Proposal.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "given", "match"),
    [
        ("approve", {}, "no tool; there are read_memory"),
        ("read_memory", {"budget_tokens": 0}, "budget_tokens"),
        ("search_memory", {}, "query"),
        ("search_memory", {"query": " "}, "at least one word"),
        ("propose_change", {"path": "/a.md", "content": "x", "approve": True}, "approve"),
        ("propose_change", {"path": "/a.md", "content": "x", "reason": "y" * 9_000}, "reason"),
    ],
)
def test_what_a_model_asked_wrongly_names_the_argument(use, name, given, match):
    with pytest.raises((InvalidChange, MalformedRequest), match=match):
        use(name, **given)
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("name", TOOLS)
def test_a_call_whose_session_nobody_named_is_refused(cast, name):
    given = {"query": "x"} if name == "search_memory" else {}
    given |= {"path": "/a.md", "content": "x"} if name == "propose_change" else {}
    with pytest.raises(MalformedRequest, match="session is missing"):
        run_tool(name, given, caller_of(cast.token, ""))
    assert not MemoryRead.objects.exists()


def test_a_call_may_name_its_session_where_the_connection_does_not(cast):
    run_tool("read_memory", {"session": "mine"}, caller_of(cast.token, ""))
    run_tool("read_memory", {"session": "mine"}, caller_of(cast.token, "theirs"))
    ids = MemoryRead.objects.values_list("external_session_id", flat=True)
    assert set(ids) == {"mine", "theirs"}


def test_only_a_live_token_of_one_agent_for_proposals_gets_in(cast):
    _, reads = build.token(cast.admin, cast.agent, ["memory:read"])
    with pytest.raises(ScopeMissing, match="memory:propose"):
        caller_of(reads, "s")
    token = Token.objects.get(sha256=hash_secret(cast.token))
    assert caller_of(cast.token, "s").agent == cast.agent
    with pytest.raises(InvalidToken, match="not known"):
        caller_of("dbk_wrong", "s")
    revoke_token(cast.workspace, token, by=cast.admin)
    with pytest.raises(InvalidToken, match="revoked"):
        caller_of(cast.token, "s")


def test_a_token_for_a_whole_workspace_is_no_agents(cast):
    wide = issue_token(cast.workspace, label="harness", scopes=["memory:propose"], by=cast.admin)
    with pytest.raises(InvalidToken, match="one for one agent"):
        caller_of(wide.secret, "s")
