"""Which approvals a change needs, who may give them, and why: rules as values. Pure.

Every rule that matches is heard: who satisfies the route satisfies each of them. The group a rule
names stays asked for beside another rule's two of anyone, and one person still counts once. So a
further rule can only raise what the others ask for, and the order of rules cannot open a hole. The
route is named after the strictest: most approvals, then most groups, then first in order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reviews.changes import Change, Op, normalised_text
from reviews.errors import ReviewsError
from reviews.lifecycle import Needs, deciding_groups, missing_approvals, named_groups

MAX_APPROVALS = 5
DECIDING_ROLES = frozenset({"reviewer", "lead"})


class Mode(StrEnum):
    """Who settles what a rule matches: people, or the rule itself."""

    PEOPLE = "people"
    AUTOMATIC = "automatic"


class Trait(StrEnum):
    """What a rule can ask about a change beside its operation, path and risk."""

    TAINTED = "tainted"
    PROTECTED = "protected"
    COMMAND = "command"
    URL = "url"
    PACKAGE = "package"
    CREDENTIAL = "credential"
    PERMISSION = "permission"
    SKIPPED_CHECK = "skipped_check"
    IDENTICAL = "identical"


RISKY_TRAITS = frozenset(Trait) - {Trait.IDENTICAL}


class InvalidRule(ReviewsError):
    """A rule cannot be saved; the message says what is wrong and the way out."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules are asked about: agent is its slug, '' for the shared memory."""

    agent: str
    path: str
    op: Op
    risk: str
    traits: frozenset[Trait] = frozenset()
    signal: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. '*', '' and empty sets match everything; traits match when any is present.

    needs: (group, count) pairs; None stands for everyone who may decide.
    """

    name: str
    needs: Needs = ((None, 1),)
    version: int = 1
    agent: str = "*"
    path_prefix: str = ""
    ops: frozenset[Op] = frozenset()
    risks: frozenset[str] = frozenset()
    traits: frozenset[Trait] = frozenset()
    mode: Mode = Mode.PEOPLE

    def __post_init__(self) -> None:
        check_rule(self)


@dataclass(frozen=True, slots=True)
class Route:
    """What a change needs, by which rule, and why, in sentences."""

    rule: str
    version: int
    needs: Needs
    mode: Mode
    reasons: tuple[str, ...]

    @property
    def approvals(self) -> int:
        """Return how many approvals are asked for in all."""
        return count_approvals(self.needs)


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person who might decide: their role and the approver groups they count in.

    unqualified: the groups they stand in and do not count in until they qualify. others: further
    accounts with the same verified e-mail address. They are the same person, who is barred by
    what any of them did and counts once.
    """

    id: int
    role: str
    groups: frozenset[str] = frozenset()
    unqualified: frozenset[str] = frozenset()
    others: frozenset[int] = frozenset()

    @property
    def ids(self) -> frozenset[int]:
        """Return every account of this person."""
        return self.others | {self.id}


@dataclass(frozen=True, slots=True)
class ProposalFacts:
    """Who is barred from deciding a proposal: its proposer, its editors, who started its dream.

    authors: everybody who wrote one of its revisions, for their words may still stand. voted: who
    has decided on this revision already. disputed: one approved and one rejected.
    """

    proposer: int | None = None
    authors: frozenset[int] = frozenset()
    starter: int | None = None
    owner: int | None = None
    voted: frozenset[int] = frozenset()
    disputed: bool = False


def check_rule(rule: Rule) -> None:
    """Raise InvalidRule for a rule that asks for nothing or too much, or automates too much."""
    total = count_approvals(rule.needs)
    if any(count < 1 for _, count in rule.needs) or not 1 <= total <= MAX_APPROVALS:
        raise InvalidRule(
            f"Rule {rule.name} asks for {total} approvals; 1 to {MAX_APPROVALS} can be asked for."
        )
    if rule.path_prefix and not rule.path_prefix.startswith("/"):
        raise InvalidRule(
            f"Rule {rule.name} names the path {rule.path_prefix}; paths begin with a slash."
        )
    if rule.mode is Mode.AUTOMATIC and (rule.ops != {Op.MERGE} or rule.traits != {Trait.IDENTICAL}):
        raise InvalidRule(
            f"Rule {rule.name} is automatic; only merges of texts that are identical after "
            "normalising may be. Choose the operation merge and the trait identical."
        )


def count_approvals(needs: Needs) -> int:
    """Return how many approvals `needs` asks for in all."""
    return sum(count for _, count in needs)


def matches(rule: Rule, facts: Facts) -> bool:
    """Say whether `rule` speaks about this change."""
    return (
        rule.agent in {"*", facts.agent}
        and facts.path.startswith(rule.path_prefix)
        and (not rule.ops or facts.op in rule.ops)
        and (not rule.risks or facts.risk in rule.risks)
        and (not rule.traits or bool(rule.traits & facts.traits))
    )


def route(facts: Facts, rules: Sequence[Rule]) -> Route:
    """Return what the matching rules ask for together, with every reason in a sentence.

    An automatic rule settles an identical merge unless a rule for people speaks of a narrower
    place (the agent by name, or a longer path); removing, tainted or protected text and a signal
    of approval alone always need people. A change no rule matches needs two approvals.
    """
    found = [rule for rule in rules if matches(rule, facts)]
    by_people = [rule for rule in found if rule.mode is Mode.PEOPLE]
    if may_be_automatic(facts):
        for rule in found:
            if rule.mode is Mode.AUTOMATIC and not any(_is_narrower(o, rule) for o in by_people):
                reasons = (say_reason(rule, facts),)
                return Route(rule.name, rule.version, rule.needs, rule.mode, reasons)
    if not by_people:
        return Route("none", 0, ((None, 2),), Mode.PEOPLE, ("No rule matches: two decide.",))
    by_people.sort(key=_strictness, reverse=True)
    strictest = by_people[0]
    heard = [rule for rule in by_people if _is_heard(rule, strictest)]
    return Route(
        rule=strictest.name,
        version=strictest.version,
        needs=combine_needs(rule.needs for rule in by_people),
        mode=Mode.PEOPLE,
        reasons=tuple(dict.fromkeys(say_reason(rule, facts) for rule in heard)),
    )


def combine_needs(asked: Iterable[Needs]) -> Needs:
    """Return the least that satisfies each of `asked`: the most each asks of a group, and in all.

    Groups come in order of their names, everyone who may decide last.
    """
    most: dict[str, int] = {}
    total = 0
    for needs in asked:
        total = max(total, count_approvals(needs))
        for group in named_groups(needs):
            count = sum(count for name, count in needs if name == group)
            most[group] = max(most.get(group, 0), count)
    rest = total - sum(most.values())
    named: Needs = tuple(sorted(most.items()))
    return (*named, (None, rest)) if rest > 0 else named


def _is_narrower(rule: Rule, other: Rule) -> bool:
    """Say whether `rule` speaks of a narrower place than `other`; both match the same change."""
    place = (rule.agent != "*", len(rule.path_prefix))
    return place > (other.agent != "*", len(other.path_prefix))


def may_be_automatic(facts: Facts) -> bool:
    """Say whether a rule alone may settle this change: identical texts folded, nothing risky."""
    return (
        facts.op is Op.MERGE
        and Trait.IDENTICAL in facts.traits
        and not facts.traits & RISKY_TRAITS
        and facts.risk == "low"
        and facts.signal != "approval"
    )


def _strictness(rule: Rule) -> tuple[int, int]:
    return count_approvals(rule.needs), len(named_groups(rule.needs))


def _is_heard(rule: Rule, strictest: Rule) -> bool:
    """Say whether the route would be another without this rule, or one as strict."""
    as_many = count_approvals(rule.needs) == count_approvals(strictest.needs)
    return as_many or bool(named_groups(rule.needs))


def say_reason(rule: Rule, facts: Facts) -> str:
    """Return one sentence: what of the change the rule speaks about, and what it asks for."""
    asked = (
        say_needs(rule.needs) if rule.mode is Mode.PEOPLE else "the rule decides, nobody is asked"
    )
    traits = sorted(rule.traits & facts.traits)
    if traits:
        subject = _join([TRAIT_WORDS[trait] for trait in traits])
        return f"{subject[0].upper()}{subject[1:]}: {asked}."
    parts = [OP_WORDS[facts.op]]
    if rule.risks:
        parts.append(f"of {facts.risk} risk")
    if rule.path_prefix:
        parts.append(f"under {rule.path_prefix}")
    return f"{' '.join(parts)}: {asked}."


OP_WORDS: Mapping[Op, str] = {
    Op.CREATE: "New memory",
    Op.UPDATE: "Changed memory",
    Op.MERGE: "Merged memory",
    Op.RETIRE: "Retired memory",
}
TRAIT_WORDS: Mapping[Trait, str] = {
    Trait.TAINTED: "words from outside the agent",
    Trait.PROTECTED: "a protected memory",
    Trait.COMMAND: "a command",
    Trait.URL: "a web address",
    Trait.PACKAGE: "a package",
    Trait.CREDENTIAL: "a credential",
    Trait.PERMISSION: "a permission",
    Trait.SKIPPED_CHECK: "a skipped verification step",
    Trait.IDENTICAL: "texts that are identical after normalising",
}
_NUMBERS = ("no", "one", "two", "three", "four", "five")


def say_needs(needs: Needs) -> str:
    """Return what is asked for in words: one approval, one of compliance and one of security."""
    total = count_approvals(needs)
    if all(group is None for group, _ in needs):
        return f"{_spell(total)} approval{'s' if total != 1 else ''}"
    words = [f"{_spell(count)} of {group or 'anyone who may decide'}" for group, count in needs]
    return _join(words)


def _spell(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def _join(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def may_decide(person: PersonFacts, proposal: ProposalFacts) -> str | None:
    """Return None when the person may decide, else why not, as a sentence about "you"."""
    mine = person.ids
    is_owner = proposal.disputed and proposal.owner in mine
    bars = (
        (person.role not in DECIDING_ROLES, "Reviewers and leads decide; your role does not."),
        (proposal.proposer in mine, "You filed this proposal, so others decide it."),
        (
            not mine.isdisjoint(proposal.authors),
            "You wrote a revision of this proposal, so others decide it.",
        ),
        (
            proposal.starter in mine,
            "You started the dream that proposed this, so others decide it.",
        ),
        (
            not mine.isdisjoint(proposal.voted),
            "You have decided on this revision; now another person does.",
        ),
        (is_owner, "Two reviewers disagree, and the agent's owner cannot be the third."),
    )
    return next((words for is_barred, words in bars if is_barred), None)


def may_undo(person: PersonFacts, proposal: ProposalFacts, decided_by: int | None) -> str | None:
    """Return None when the person may undo the decision, else why not, as a sentence.

    decided_by: who cast the vote that settled it, None where a rule did. A lead may as well, but
    not on what they proposed, wrote or started: undoing a rejection would bring it back.
    """
    if person.role not in DECIDING_ROLES:
        return "Reviewers and leads decide; your role does not."
    barred = {proposal.proposer, proposal.starter, *proposal.authors}
    if decided_by in person.ids or (person.role == "lead" and person.ids.isdisjoint(barred)):
        return None
    return "Only who cast the last vote, or a lead, can undo it."


def may_take_back(person: PersonFacts, last_voter: int | None) -> str | None:
    """Return None when the person may take back a vote that settled nothing, else why not.

    last_voter: who cast the last vote on the newest revision, None where nobody did. A lead is not
    asked: what is open still waits for people, and whoever regrets a vote is one of them.
    """
    if person.role not in DECIDING_ROLES:
        return "Reviewers and leads decide; your role does not."
    if last_voter in person.ids:
        return None
    return "Only who cast the last vote can take it back while others still decide."


def unsatisfiable(
    needs: Needs, people: Iterable[PersonFacts], proposal: ProposalFacts | None = None
) -> str | None:
    """Return why nobody present can give what is asked for, or None when they can.

    people: everyone in the workspace. proposal: whose barred people are left out; None at saving.
    In a disagreement somebody who has not voted and does not own the agent must be left.
    """
    barred = {proposal.proposer, proposal.starter, *proposal.authors} if proposal else set()
    able: list[PersonFacts] = []
    for one in people:
        is_known = any(one.id in other.ids for other in able)
        if one.role in DECIDING_ROLES and one.ids.isdisjoint(barred) and not is_known:
            able.append(one)
    if proposal is not None and proposal.disputed and not _third_people(needs, able, proposal):
        return (
            "Nobody can settle this disagreement: it takes a third person, not the agent's owner. "
            "An admin adds people or changes groups."
        )
    missing = missing_approvals(needs, [one.groups for one in able])
    if not missing:
        return None
    short = [
        f"{group} has {held}{_say_unqualified(group, able)} and {count} are needed"
        for group, count in needs
        if group is not None and (held := sum(group in one.groups for one in able)) < count
    ]
    why = "; ".join(short) or f"{len(able)} people may decide here"
    return (
        f"Nobody can complete this: it asks for {say_needs(needs)}, but {why}. "
        "An admin adds people or changes groups."
    )


def _say_unqualified(group: str, able: Iterable[PersonFacts]) -> str:
    """Return how many more would count in the group if they were qualified, '' for none."""
    count = sum(group in one.unqualified for one in able)
    return f" qualified, {count} without a current qualification," if count else ""


def _third_people(
    needs: Needs, able: Iterable[PersonFacts], proposal: ProposalFacts
) -> list[PersonFacts]:
    asked = set(deciding_groups(needs))
    return [
        one
        for one in able
        if one.ids.isdisjoint({*proposal.voted, proposal.owner})
        and (not asked or asked & one.groups)
    ]


def is_identical_merge(change: Change, texts: Sequence[str]) -> bool:
    """Say whether `change` only folds texts that are the same after normalising.

    texts: what the path and every path folded into it say now.
    """
    kept = normalised_text(change.content)
    return (
        change.op is Op.MERGE
        and len(texts) > 1
        and all(normalised_text(text) == kept for text in texts)
    )


DEFAULT_RULES: tuple[Rule, ...] = (
    Rule("new-of-low-risk", ops=frozenset({Op.CREATE}), risks=frozenset({"low"})),
    Rule(
        "new-of-raised-risk",
        needs=((None, 2),),
        ops=frozenset({Op.CREATE}),
        risks=frozenset({"medium", "high"}),
    ),
    Rule("change-or-merge", ops=frozenset({Op.UPDATE, Op.MERGE})),
    Rule("high-risk", needs=((None, 2),), risks=frozenset({"high"})),
    Rule("retire", needs=((None, 2),), ops=frozenset({Op.RETIRE})),
    Rule("risky-content", needs=((None, 2),), traits=RISKY_TRAITS),
)
"""What create_workspace sets."""
