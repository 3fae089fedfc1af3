"""Error texts reduced to what recurs: the line that says it, masked, and fit to be shown.

What a tool returned is foreign text. Only a short masked excerpt of one line ever leaves this
module, and a line that talks to its reader is told apart from one that states a fact.
"""

import json
import re
from functools import lru_cache
from http import HTTPStatus

from dreaming.engines.wording import cut_text
from reviews.diffs import HIDDEN
from reviews.disguises import unmask
from reviews.screening import fold

LINE_LIMIT = 300
TEMPLATE_LIMIT = 200
SHOWN_LIMIT = 90
_HEAD = 4000
_TAIL = 2000
_FOLDED = 8000
_JSON_LIMIT = 20000

_TAG = re.compile(r"</?[A-Za-z_]\w*>|\x1b\[[0-9;]*m")
_EXCEPTION_LINE = re.compile(r"^[\w.]*(?:Error|Exception|Exit|Interrupt)\b(?:\s*[:(].*)?$")
_TELLS = re.compile(
    r"error|exception|fail|not found|cannot|can't|could not|invalid|denied|unknown|missing|unable"
    r"|refused|time[ds]? ?out|no such|forbidden|unauthori[sz]ed|not allowed|required|exceed"
    r"|not enough|insufficient|already|must",
    re.IGNORECASE,
)
_MESSAGE_FIELDS = ("error", "message", "detail", "msg", "reason", "error_message", "description")

_MASK = re.compile(
    r"""
      (?P<url>\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s"'<>)]+)
    | (?P<email>[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+)
    | (?P<status>\b(?:HTTP(?:/\d(?:\.\d)?)?|[Ss]tatus(?:[ ]code)?)[ :=]{1,3}[45]\d\d\b
        | \b[45]\d\d(?=[ ](?:Client|Server)[ ]Error\b))
    | (?P<near>(?<=\bnear[ ])'(?:.*'(?=[ ]at[ ]line\b)|[^'\n]{0,80}'(?!\w)|[^\n]*$)
        | (?<=\bat[ ]or[ ]near)(?:[ ]\S{1,40})?$)
    | (?P<word>^(?:bash:[ ])?\S{1,80}(?=:[ ]command[ ]not[ ]found\b))
    | (?P<path>(?<![\w<])(?:~|\.{1,2}|[A-Za-z]:)?[/\\](?:[\w.@+-]+[/\\])*[\w.@+-]*\w
        | (?<![\w/.-])[\w-]+(?:/[\w.-]+)*\.(?:py|js|jsx|ts|tsx|json|jsonl|md|txt|csv|ya?ml|toml|go
          |rs|java|sh|sql|db|log|html|css|lock|cfg|ini|rb|php|c|h|cpp)\b(?::\d+)*)
    | (?P<date>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?
        | \b\d{1,2}/\d{1,2}/\d{2,4}\b | \b\d{1,2}:\d\d(?::\d\d)?(?:[ ]?[AaPp][Mm])?\b)
    | (?P<text>"[^"\n]{1,80}" | (?<!\w)'[^'\n]{1,80}'(?!\w) | `[^`\n]{1,80}`
        | `(?:`|[^`'\n]{0,80})'+(?!\w)
        | \u201c[^\u201d\n]{1,80}\u201d | \u00ab[^\u00bb\n]{1,80}\u00bb)
    | (?P<id>[#$€£]?(?<!\w)[^\W\d]*\d\w*(?:[.,:-]\w*\d\w*)*%?)
    """,
    re.VERBOSE,
)
_PLACEHOLDER = re.compile(r"<(?:url|email|path|date|text|id|n)>")
_BLANKS = re.compile(r"…(?:[\s,;:()'\[\]{}=#-]*…)+")
_PREFIX = re.compile(
    r"^(?:(?:[\w.]*(?:Error|Exception)|error|fatal|failed|npm ERR!)\s*:\s+"
    r"|[Ee]rror (?:while |when |in )?[a-z]{2,16}ing(?: [\w-]+){1,4}\s*:\s+)"
)
_SHELL_PLACE = re.compile(r"^(?:[^\n]{0,200}?: -c|[^\s:]*/[^\s:]+|\w*sh): line \d+: |^\w*sh: \d+: ")
"""Where a shell was in a script: a file or the command itself, and a line."""

_LINE_OF = re.compile(r"^(\w[\w-]*: )line …: ")
_LED_BY = re.compile(
    r"^((?:[a-z]\w*: )?)(?:…: "
    r"|… (?!(?:is|are|was|were|does|do|did|has|have|had|can|cannot|could|must|not|of|in|for|to)"
    r"\b))+"
    r"(?=\w+ \w)"
)
_GENERIC_WORDS = (
    "error errors failed failure exit code status exception the and command unknown with request "
    "response while executing traceback most recent call last none null http occurred"
)
_GENERIC = frozenset(_GENERIC_WORDS.split())
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_UNSAFE = re.compile(rf"[*`\[\]<>|#\\~]|{HIDDEN.pattern}")

_COMMANDS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:previous|prior|above|earlier|instruction"
    r"|rule|policy|everything)"
    r"|(?:^|[.!?:\]>]\s*|--\s*)(?:system|assistant|developer)\s*(?:prompt|message|note)?\s*:"
    r"|[<\[]/?\s*(?:system|instructions?)\s*[>\]]"
    r"|\b(?:new|updated|following) instructions?\b"
    r"|\byou (?:must|should|shall|are now|have to|need to|ought|may now|can now)\b"
    r"|\b(?:as|you are) an? (?:ai|assistant|agent|language model)\b"
    r"|\b(?:dear|note to|attention|hey) (?:the )?(?:ai|assistant|agent|model|reader)\b"
    r"|(?:^|[^\w\s,]\s*)(?:always|never|from now on|henceforth|remember to|remember that)\b"
    r"|\b(?:visit|go to|open|download|curl|wget|fetch|install|execute|send|forward|post|upload)\b"
    r".{0,60}(?:<url>|<email>|://|@\w)"
    r"|\bdo not (?:tell|reveal|mention|inform|ask)\b",
    re.IGNORECASE,
)
_ADDRESSES = re.compile(
    r"^(?:please|you|your|try|use|read|call|run|do not|don't|make sure|ensure|check|provide|see"
    r"|contact|retry|set|add|remove|specify|consider|wait|ask|first|then|instead|confirm|approve"
    r"|skip|transfer|escalate|refund|grant|allow)\b|\bplease\b|\byou(?:r|'re)?\b",
    re.IGNORECASE,
)
_PLANTED = ("ignore previous", "ignore all previous", "ignore the above", "ignore all prior")
_PLANTED_MORE = ("disregard previous", "disregard all", "ignore your instructions")


def find_telling_line(text: str) -> str:
    """Return the one line of an error text that says what went wrong, as it stands in `text`.

    A message inside a JSON object, the last exception line of a traceback, the first line with a
    word of failure, else the first line; at most 300 characters, '' for empty text.
    """
    message = _find_json_message(text)
    if message:
        text = message
    lines = [line for part in text[:_HEAD].splitlines() if (line := _TAG.sub("", part).strip())]
    if not lines:
        return ""
    if "Traceback" in text[:_HEAD]:
        ends = [line.strip() for line in text[-_TAIL:].splitlines()]
        found = next((line for line in reversed(ends) if _EXCEPTION_LINE.match(line)), "")
        if found:
            return found[:LINE_LIMIT]
    return next((line for line in lines if _TELLS.search(line)), lines[0])[:LINE_LIMIT]


def _find_json_message(text: str) -> str:
    start = text[:20].lstrip()
    if not start.startswith("{") or len(text) > _JSON_LIMIT:
        return ""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    for _ in range(3):
        if not isinstance(value, dict):
            break
        value = next((value[name] for name in _MESSAGE_FIELDS if value.get(name)), "")
    return value if isinstance(value, str) else ""


@lru_cache(maxsize=65536)
def mask_line(line: str) -> str:
    """Return `line` with ids, numbers, dates, paths, quoted words and addresses masked.

    Words of a command that a shell or a database repeats where it stopped reading are masked too,
    and where in a script it was is left out. At most 200 characters, cut between words. Equal
    mistakes give equal templates.
    """
    # A hidden sign inside a path or an id would leave half of it standing.
    shown = line if line.isascii() else HIDDEN.sub("", line)
    masked = " ".join(_MASK.sub(_mask_one, _SHELL_PLACE.sub("", shown)).split())
    if len(masked) <= TEMPLATE_LIMIT:
        return masked
    return masked[:TEMPLATE_LIMIT].rsplit(" ", 1)[0]


def _mask_one(match: re.Match[str]) -> str:
    kind = match.lastgroup or "text"
    found = match.group()
    if kind == "text":
        inner = found[1:-1]
        return "<text>" if inner.count(" ") < 3 else found[0] + mask_line(inner) + found[-1]
    if kind == "status":
        return _name_status(found)
    if kind in {"near", "word"}:
        return "<text>" if kind == "word" or found.startswith("'") else " <text>"
    if kind == "id":
        return "<id>" if any(letter.isalpha() or letter == "#" for letter in found) else "<n>"
    return f"<{kind}>"


def _name_status(found: str) -> str:
    code = int(found[-3:])
    known = code in {status.value for status in HTTPStatus}
    return f"HTTP {HTTPStatus(code).phrase}" if known else "HTTP <n>"


def show_template(template: str) -> str:
    """Return the short excerpt of a template that may stand in a statement: at most 90 characters.

    No digits, no Markdown, no hidden characters; what was masked shows as "…".
    """
    short = _PREFIX.sub("", template)
    text = short if says_something(short) else template
    text = _PLACEHOLDER.sub("…", text)
    text = _UNSAFE.sub("", text).replace('"', "'").replace("'…'", "…")
    text = re.sub(r"\d+", "…", text)
    text = _LINE_OF.sub(r"\1", " ".join(_BLANKS.sub("…", text).split()))
    return cut_text(_LED_BY.sub(r"\1", text).strip(" .,:;!-"), SHOWN_LIMIT)


def says_something(template: str) -> bool:
    """Say whether a template names a cause ("exit code …" and "error" alone do not)."""
    plain = _PLACEHOLDER.sub(" ", template)
    return any(word.lower() not in _GENERIC for word in _LETTERS.findall(plain))


def is_command(line: str) -> bool:
    """Say whether a line gives orders to its reader: such words never become a statement.

    Look-alike letters, digits for letters and hidden characters make no difference.
    """
    return any(_COMMANDS.search(text) for text in _readings(line))


def _readings(text: str) -> tuple[str, ...]:
    folded = fold(text)
    return (folded, *unmask(folded))


def is_planted(text: str) -> bool:
    """Say whether a whole tool result holds one of the plain phrases of an injected instruction."""
    low = text.lower() if text.isascii() else fold(text[:_FOLDED])
    return any(phrase in low for phrase in _PLANTED + _PLANTED_MORE)


def keep_facts(template: str) -> tuple[str, bool]:
    """Return the sentences of a template that state facts, and whether nothing else remained.

    Sentences that speak to the reader ("Please provide …") are left out. When all of them do, the
    template comes back whole with False: its words are then the tool's.
    """
    sentences = re.split(r"(?<=[.!;])\s+", template)
    body = [_PREFIX.sub("", sentence) for sentence in sentences]
    facts = [s for s, plain in zip(sentences, body, strict=True) if not _ADDRESSES.search(plain)]
    if facts and says_something(" ".join(facts)):
        return " ".join(facts), True
    return template, False


def merge_templates(support: dict[str, int]) -> dict[str, str]:
    """Return template -> template for those of one tool that differ in one word only.

    support: sessions of each template. Four or more templates that agree but for one place, with
    fewer than two sessions each on average, hold a name there: it is masked too.
    """
    groups: dict[tuple[int, int, str], list[str]] = {}
    for template in sorted(support):
        words = template.split(" ")
        for place, word in enumerate(words):
            if not _PLACEHOLDER.search(word) and len(words) > 2:
                rest = " ".join((*words[:place], "<text>", *words[place + 1 :]))
                groups.setdefault((len(words), place, rest), []).append(template)
    merged: dict[str, str] = {}
    for (_, _, rest), members in sorted(groups.items()):
        fresh = [template for template in members if template not in merged]
        if len(fresh) >= 4 and sum(support[t] for t in fresh) < 2 * len(fresh):
            merged.update(dict.fromkeys(fresh, rest))
    return merged
