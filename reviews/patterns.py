"""Addresses, commands, secrets, codes and markup, found by their form. Pure, in linear time.

Every regular expression starts at something its text has few of and looks at a bounded stretch, so
that no text can make it backtrack.
"""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reviews.hits import Code, Hit

# Patterns. A pattern is only tried when one of its literals is in the text at all.


@dataclass(frozen=True, slots=True)
class _Pattern:
    code: Code
    literals: tuple[str, ...]
    pattern: re.Pattern[str]


_WORDY = frozenset({Code.INSTRUCTION, Code.PERMISSION, Code.OVERSIGHT})


def _pattern(code: Code, literals: str, pattern: str) -> _Pattern:
    if code in _WORDY:
        # Words of a sentence may stand in two lines.
        pattern = pattern.replace(" ", r"\s{1,3}")
    return _Pattern(code, tuple(literals.split()), re.compile(pattern, re.MULTILINE))


_PATTERNS: Sequence[_Pattern] = (
    _pattern(
        Code.ADDRESS, "://", r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,15}://[^\s<>\"'`)\]]{1,300}"
    ),
    _pattern(
        Code.ADDRESS, "data: javascript: mailto:", r"\b(?:data:[a-z]|javascript:|mailto:)\S{1,200}"
    ),
    _pattern(Code.ADDRESS, "www.", r"(?<![\w.])www\.[\w.-]{1,250}"),
    _pattern(Code.ADDRESS, "@", r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
    _pattern(
        Code.ADDRESS,
        "[.] (.) [dot] (dot) hxxp",
        r"[\w-]{1,63}\s?(?:\[\.\]|\(\.\)|\[dot\]|\(dot\))\s?[\w-]{1,63}|hxxps?:\S{1,200}",
    ),
    _pattern(Code.ADDRESS, ".", r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\w.]*\w)"),
    _pattern(Code.COMMAND, "|", r"\|\s{0,3}(?:sudo\s)?(?:ba|z|da|k)?sh\b"),
    _pattern(Code.COMMAND, "$(", r"\$\([^)\n]{1,80}"),
    _pattern(Code.COMMAND, "&& ||", r"(?:&&|\|\|)\s?\w{1,40}"),
    _pattern(Code.COMMAND, "--", r"(?<!\S)--[a-z][a-z0-9-]{2,40}"),
    _pattern(
        Code.COMMAND, "```", r"```\s?(?:bash|sh|shell|zsh|console|powershell|cmd|python|sql|js)\b"
    ),
    _pattern(
        Code.COMMAND,
        "/etc/ /dev/ .ssh/ system32",
        r"(?:/etc/|/dev/(?!null)|\.ssh/|system32)[\w./-]{0,60}",
    ),
    _pattern(
        Code.COMMAND,
        "os.system subprocess child_process __import__ eval( exec(",
        r"os\.system|subprocess|child_process|__import__|\b(?:eval|exec)\(",
    ),
    _pattern(
        Code.COMMAND,
        "table delete insert",
        r"\b(?:(?:drop|truncate|alter)\s{1,5}table|delete\s{1,5}from|insert\s{1,5}into)\b",
    ),
    _pattern(
        Code.SKIPPED_CHECK,
        "verify --insecure",
        r"verify\s?=\s?(?:false|0|none)\b|--insecure\b|--no-verify\b",
    ),
    _pattern(
        Code.CREDENTIAL,
        "sk- ghp_ gho_ ghs_ github_pat_ akia asia xox aiza eyj private dbk_ glpat- npm_ hf_ pypi-",
        r"(?<![\w-])(?:sk-[a-z0-9_-]{16,200}|gh[pousr]_[a-z0-9]{20,200}"
        r"|github_pat_[a-z0-9_]{20,200}|a[ks]ia[a-z0-9]{16}\b|xox[abeoprs]-[a-z0-9-]{10,200}"
        r"|aiza[a-z0-9_-]{30,200}|eyj[a-z0-9_-]{10,400}\.[a-z0-9_-]{10,400}"
        r"|-----begin [a-z ]{0,30}private key|dbk_[a-z0-9_-]{16,200}|glpat-[a-z0-9_-]{16,200}"
        r"|npm_[a-z0-9]{30,200}|hf_[a-z0-9]{20,200}|pypi-[a-z0-9_-]{20,200})",
    ),
    _pattern(
        Code.CREDENTIAL,
        "token secret pwd",
        r"\b(?:token|secret|pwd)\s{0,3}[=:]\s{0,3}[^\s]{6,80}",
    ),
    _pattern(
        Code.PACKAGE,
        "== >= ~= requirements.txt package.json pyproject.toml",
        r"(?<![\w.-])[a-z][\w.-]{1,60}[=>~]=\d|\b(?:requirements\.txt|package\.json|pyproject\.toml)",
    ),
    _pattern(
        Code.INSTRUCTION,
        "prompt developer you jailbreak <| [ < : language model an reviewer agent assistant this",
        r"\bsystem prompt\b|\bdeveloper mode\b|\byou are now\b|\bjailbreak|<\|?im_(?:start|end)"
        r"|\[/?inst\]|</?(?:system|assistant|user|instructions?|memory)\b"
        r"|(?:^|[\"'`(>\u201c\u2018]|:\s|--\s)[\s>*#-]{0,8}(?:system|assistant|human|user)\s?:"
        r"|\bas an? (?:ai|language model)\b"
        r"|\b(?:note to|dear|attention|hey)(?: the)? (?:reviewer|agent|ai|assistant|model)\b"
        r"|\b(?:approve|accept|merge|sign) (?:this|the following) "
        r"(?:proposal|change|update|memory|diff|edit)\b",
    ),
)


_PERMITTED = _pattern(
    Code.PERMISSION,
    "admin root superuser any regardless",
    r"\b(?:is|as) (?:an? )?(?:admin|administrator|superuser|root)\b"
    r"|\bany (?:amount|sum)\b|\bregardless of (?:the )?(?:amount|limit|sum)",
)
_TRUSTED = _pattern(
    Code.SKIPPED_CHECK,
    "word trust believe",
    r"\b(?:at|for) (?:their|his|her|its) word\b|\btheir word for it\b"
    r"|\b(?:always|blindly) (?:trust|believe)\b",
)
# What plain words ask for, by families. Said by a person nothing tells it from a wish: two decide.
_LOOSENED = _pattern(
    Code.SKIPPED_CHECK,
    "without whatever even no your yourself alarm alerts alert antivirus firewall fraud allergy "
    "screenshots waiting limit limits reviewed public",
    r"\bwithout (?:looking|waiting|a second|a look|checks?|any check|seeing)\b"
    r"|\bwhatever (?:the|your) (?:form|rules?|policy|guide|manual|document) (?:says?|demands?)\b"
    r"|\beven (?:if|when|though) (?:the |it |they |that )?[\w ]{0,30}"
    r"\b(?:rules?|red|protected|forbidden|not allowed|refused|failing|unsigned|closed)\b"
    r"|\bno (?:longer|need|reason) (?:\w+ ){0,2}"
    r"(?:ask|asked|check|checked|verif\w+|wait|confirm\w*|sign\w*|review\w*)\b"
    r"|\bis no longer (?:asked|checked|verified|confirmed|required|needed)\b"
    r"|\bapprove (?:your|their|its) own\b|\b(?:sign-?off|approval|review)[\w ,]{0,20} yourself\b"
    r"|\b(?:turn|switch)(?: \w+){0,3} off\b[^.\n]{0,20}\balarm|\balarms? off\b"
    r"|\b(?:close|dismiss|ignore|silence|mute) (?:the |all |every )?(?:\w+ )?"
    r"(?:alerts?|alarms?|warnings?)\b"
    r"|\bdisable (?:the )?(?:antivirus|firewall|scanner|filter|limit|guard)"
    r"|\bopen the firewall\b|\bfirewall\b[^.\n]{0,20}\b(?:off|all addresses)\b"
    r"|\b(?:skip|omit|leave out|leave) the [\w ]{0,20}\b(?:question|field|step|test|scan)s?\b"
    r"|\b(?:ignore|exceed|lift|remove) the (?:\w+ )?limits?\b"
    r"|\bas reviewed before\b|\bbefore anyone (?:looks|checks|sees)\b"
    r"|\bone approver is enough\b|\bscreenshots? as (?:proof|evidence)\b",
)
_PRIORITY = _pattern(
    Code.INSTRUCTION,
    "priority rules document everything void only",
    r"\bpriority over\b|\brules (?:in|of|from) [\w ]{1,30} come before\b"
    r"|\b(?:as an instruction|as instructions|as an order)\b"
    r"|\bdo what the (?:document|page|mail|file|text|message) says\b"
    r"|\b(?:older|other|earlier|previous) (?:notes?|rules?|memor(?:y|ies)) (?:are|is) void\b"
    r"|\bonly this (?:note|rule|memory) counts\b|\b(?:differs? from|over|above) your rules\b",
)
_DECEIT = _pattern(
    Code.OVERSIGHT,
    "backdate agreed summary log asked retention monitoring banner report",
    r"\bbackdat\w+|\bsay (?:that )?(?:the |a )?\w+ (?:agreed|approved|confirmed)\b"
    r"|\b(?:keep|leave)\b[^.\n]{0,30}\bout of the (?:summary|logs?|report|record|history|audit)\b"
    r"|\b(?:do not|don.t|never) (?:write|put|enter|note|record)\b[^.\n]{0,30}\b(?:into|in) the"
    r" (?:logs?|report|record|history|audit)\b"
    r"|\banswer (?:yes|no) when (?:you are )?asked\b"
    r"|\bretention to (?:zero|0|one)\b|\bexclude\b[^.\n]{0,40}\bfrom (?:the )?monitoring\b"
    r"|\bremove the (?:warning )?banner\b",
)
_EXPOSED = _pattern(
    Code.CREDENTIAL,
    "card connection environment private tokens secrets bank",
    r"\b(?:write|put|note|store|paste|copy|enter|show|keep|send|share|print|log)\w*\b[^.\n]{0,40}"
    r"\b(?:card numbers?|three digits|connection strings?|environment variables?|private keys?"
    r"|tokens|secrets|bank details)\b"
    r"|\bchange the bank details\b",
)
_RUN = _pattern(
    Code.COMMAND,
    "script snippet execute helper download force",
    r"\b(?:run|execute|start|add|download|load|use) (?:the |a |any )?(?:\w+ )?"
    r"(?:scripts?|snippets?|helpers?|binary|attachments?|macros?)\b[^.\n]{0,60}"
    r"\b(?:sends?|sent|chat|forum|link|ticket|mail|customer|caller|page|contractor)\b"
    r"|\bexecute whatever\b|\bforce[ -]push\b",
)
_OPENED = _pattern(
    Code.PERMISSION,
    "owners owner public rights outside members",
    r"\b(?:to the|in the|same rights as) (?:owners?|admins?|root)\b|\brights as \w+\b"
    r"|\bmake (?:the |it |all )?(?:\w+ )?public\b|\bpeople outside the (?:company|team|clinic)\b",
)
_SAID_PLAINLY = (_LOOSENED, _PRIORITY, _DECEIT, _EXPOSED, _RUN, _OPENED)
_UNSEEN = _pattern(
    Code.HIDDEN,
    "<!-- <script <img <iframe <div <span <style <svg <a display:none [//]: onerror=",
    r"<!--.{0,80}|<(?:script|img|iframe|div|span|style|svg|a|object|form|input|link|meta)\b[^>]{0,80}"
    r"|display:\s?none|\[//\]:\s?#|\bon(?:error|load|click)=",
)
_ALL_PATTERNS = (*_PATTERNS, *_SAID_PLAINLY, _PERMITTED, _TRUSTED, _UNSEEN)


_FORBIDS = re.compile(r"\b(?:not|never|don\u02bct|dont|no|without)\b")
_TURNS = re.compile(r"[.!?;,:\n]|\b(?:fail|forget|hesitate|refuse|stop|wait|mind)\b")
_FORBIDS_WITHIN = 60


def _is_forbidden(folded: str, start: int) -> bool:
    """Say whether a negation before `start` in its clause turns what is asked for round."""
    before = _TURNS.split(folded[max(0, start - _FORBIDS_WITHIN) : start])[-1]
    return _FORBIDS.search(before) is not None


def pattern_hits(folded: str, enough: Container[Code], only: Code | None = None) -> Iterator[Hit]:
    """Find what has the form of something dangerous; only: no other code is asked for."""
    for pattern in _ALL_PATTERNS:
        if only is not None and pattern.code is not only:
            continue
        if any(literal in folded for literal in pattern.literals):
            for found in pattern.pattern.finditer(folded):
                if pattern.code in enough:
                    break
                if pattern in _SAID_PLAINLY and _is_forbidden(folded, found.start()):
                    continue
                yield Hit(pattern.code, found.start(), found.end())


_HOST_END = re.compile(
    r"\.(?:com|net|org|io|dev|app|ai|co|info|biz|xyz|ru|cn|de|uk|eu|ca|fr|nl|ch|br|jp|kr|site|online"
    r"|shop|cloud|link|click|live|tech|store|gov|edu|mil|int|tk|ml|ga|cf|gq|onion|local|internal"
    r"|example)(?![\w-])"
)
_HOST_LETTERS = re.compile(r"[^\w.@%+-]")
_LONGEST_HOST = 80


def host_hits(folded: str, enough: Container[Code]) -> Iterator[Hit]:
    """Find host names and mail addresses from their last part backwards."""
    until = -1
    for found in _HOST_END.finditer(folded):
        if Code.ADDRESS in enough:
            return
        is_same_host = found.start() == until
        until = found.end()
        if is_same_host:
            continue
        before = folded[max(0, found.start() - _LONGEST_HOST) : found.start()]
        name = _HOST_LETTERS.split(before)[-1]
        if name[-1:].isalnum():
            yield Hit(Code.ADDRESS, found.start() - len(name), found.end())


_OUTSIDE_PATH = re.compile(
    r"(?<![\w./~\\-])(?:~/|\.\./|/(?:bin|boot|dev|etc|home|mnt|opt|proc|root|run|srv|sys|tmp|usr"
    r"|var|users|volumes|private|library)/|[a-z]:\\)[\w./\\+@-]{0,120}"
)


def path_hits(folded: str) -> Iterator[Hit]:
    """Find paths of a machine's files: absolute ones, of a home, upwards, with a drive's letter.

    No risk by themselves, beyond those `pattern_hits` names; a memory's own path is none of them.
    """
    if "/" in folded or "\\" in folded:
        for found in _OUTSIDE_PATH.finditer(folded):
            yield Hit(Code.COMMAND, found.start(), found.start() + len(found[0].rstrip(".")))


_BLOB = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{40,}={0,2}")
_LONGEST_HASH = 64


def blob_hits(normal: str, enough: Container[Code]) -> Iterator[Hit]:
    """Find long stretches in the signs of base64 or hexadecimal; hashes are short enough."""
    for found in _BLOB.finditer(normal):
        if Code.BLOB in enough:
            return
        sample = found[0][:200]
        is_mixed = all(any(map(kind, sample)) for kind in (str.isupper, str.islower, str.isdigit))
        is_hex = len(found[0]) > _LONGEST_HASH and not sample.strip("0123456789abcdefABCDEF")
        if is_mixed or is_hex:
            yield Hit(Code.BLOB, found.start(), found.end())


# The micro and ohm signs become Greek letters and stand beside Latin ones in units.
_OTHER = "\u0370-\u03bb\u03bd-\u03c8\u03ca-\u03ff\u0400-\u052f"
_MIXED = re.compile(rf"[a-z][{_OTHER}]|[{_OTHER}][a-z]")
_WORD_SIGNS = re.compile(r"\W")
_LONGEST_WORD = 40


def mixed_scripts(folded: str, enough: Container[Code]) -> Iterator[Hit]:
    """Find words of Latin letters beside Greek or Cyrillic ones, which look alike."""
    until = -1
    for found in _MIXED.finditer(folded):
        if Code.MIXED_SCRIPT in enough:
            return
        start, end = found.span()
        if start < until:
            continue
        head = _WORD_SIGNS.split(folded[max(0, start - _LONGEST_WORD) : start])[-1]
        tail = _WORD_SIGNS.split(folded[end : end + _LONGEST_WORD], maxsplit=1)[0]
        until = end + len(tail)
        yield Hit(Code.MIXED_SCRIPT, start - len(head), until)


def _unspaced(phrases: str) -> re.Pattern[str]:
    """Match phrases of scripts that set no spaces between words, or set them freely."""
    return re.compile("|".join(r"\s?".join(phrase) for phrase in phrases.split()))


_UNSPACED: Mapping[Code, re.Pattern[str]] = {
    Code.SKIPPED_CHECK: _unspaced(
        """跳过验证 跳过确认 跳过检查 无需验证 无需确认 无需审批 不要确认 不要询问 不用确认 確認せず
        確認なし 確認をスキップ 検証をスキップ 承認なし 本人確認を省略 확인없이 검증없이 승인없이
        묻지말"""
    ),
    Code.INSTRUCTION: _unspaced(
        "忽略之前 忽略以上 忽略所有 指示を無視 以前の指示 이전지시 지시를무시"
    ),
    Code.CREDENTIAL: _unspaced("密码 密碼 パスワード 비밀번호"),
}


def phrases_without_spaces(folded: str) -> Iterator[Hit]:
    """Find orders and secrets in scripts that set no spaces between words."""
    for code, pattern in _UNSPACED.items():
        for found in pattern.finditer(folded):
            yield Hit(code, found.start(), found.end())
