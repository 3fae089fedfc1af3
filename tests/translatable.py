"""Finds words of templates and forms that no translator would ever be shown."""

import ast
import re
from collections.abc import Iterator

CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
BLOCK = re.compile(
    r"\{%\s*(?:blocktranslate|blocktrans)\b(.*?)%\}(.*?)\{%\s*endblock(?:translate|trans)\s*%\}",
    re.DOTALL,
)
TARGET = re.compile(r"\{% block skip_to %\}.*?\{% endblock %\}")
TAG = re.compile(r"<(/?)([a-z!][a-z0-9-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.DOTALL)
LABEL = re.compile(r'(?<![\w-])(aria-label|title|alt|placeholder|label|data-[a-z-]+)="([^"]*)"')
SCRIPTS_OWN = frozenset(
    {
        "data-closes",
        "data-dismiss",
        "data-expires",
        "data-go",
        "data-gone-after",
        "data-key",
        "data-open",
        "data-opens",
        "data-poll",
        "data-quiet",
        "data-row",
        "data-walk",
        "data-specimen",
        "data-until",
    }
)
"""Attributes only scripts read. Every other data- attribute may hold words for people."""

UNSPOKEN = frozenset({"code", "kbd", "script", "style"})
"""Elements whose text is the same in every language."""

FIELD_WORDS = frozenset({"label", "help_text", "empty_label"})
FLASHES = frozenset({"success", "info", "warning", "error", "debug"})
NAMES = re.compile(r"\b(?:Daybreak|SHA-256|UTC|[A-Z]-\d+)\b")
WORD = re.compile(r"[^\W\d_]{2,}")
TOLD = frozenset({"action", "label", "newer", "older", "text", "title", "words"})
"""Arguments of an include that its template shows as they are."""


def unmarked(source: str) -> list[str]:
    """Return the words of a template a person may read and nobody could translate."""
    found = [f"pluralize: {code}" for code in CODE.findall(source) if "|pluralize" in code]
    found += list(_literals(source))
    found += list(_torn(source))
    source = TARGET.sub("", source)
    plain = CODE.sub(_blank, BLOCK.sub(_blank, source))
    found += [
        f"{name}: {value}"
        for _, _, attributes in TAG.findall(plain)
        for name, value in LABEL.findall(attributes)
        if name not in SCRIPTS_OWN and _has_words(value)
    ]
    return found + list(_texts(plain))


def _blank(code: re.Match[str]) -> str:
    """Keep what is beside the code apart, without a word in between."""
    return " " if code[0].startswith("{{") else ""


def _has_words(text: str) -> bool:
    return WORD.search(NAMES.sub(" ", text)) is not None


def _texts(plain: str) -> Iterator[str]:
    """Yield the words that stand between the tags."""
    unspoken, after = 0, 0
    for tag in TAG.finditer(plain):
        text = plain[after : tag.start()]
        if not unspoken and _has_words(text):
            yield " ".join(text.split())
        if tag[2] in UNSPOKEN:
            unspoken = max(0, unspoken + (-1 if tag[1] else 1))
        after = tag.end()
    if _has_words(plain[after:]):
        yield " ".join(plain[after:].split())


def _literals(source: str) -> Iterator[str]:
    """Yield quoted words that code hands on to the page: use _("…") there."""
    for code in CODE.findall(source):
        for name, words in re.findall(r'\b(\w+)="([^"]*)"', code):
            if name in TOLD and re.match(r"\{%\s*(?:include|with)\b", code) and _has_words(words):
                yield f"{name}={words}"
        for words in re.findall(r"""\|default(?:_if_none)?:(?:"([^"]*)"|'([^']*)')""", code):
            if re.search("[A-Z ]", "".join(words)) and _has_words("".join(words)):
                yield f"default: {''.join(words)}"
        for quoted in re.findall(r'\{%\s*translate\s+(?:"([^"]*)"|\'([^\']*)\')', code):
            words = "".join(quoted)
            if words != words.strip() or not _has_words(words):
                yield f"half a sentence: {words!r}"


def _torn(source: str) -> Iterator[str]:
    """Yield texts a translator would be shown with holes or rags."""
    for options, text in BLOCK.findall(source):
        if "trimmed" not in options.split():
            yield f"not trimmed: {text}"
        for half in re.split(r"\{%\s*plural\s*%\}", text):
            if re.match(r"\s*[,;.:]", half):
                yield f"half a sentence: {half.strip()!r}"


def unwrapped(source: str) -> list[str]:
    """Return literal words of forms and flash messages of a module that bypass gettext."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            found += [f"{name} takes its label from the code" for name in _unlabelled(node)]
        if not isinstance(node, ast.Call):
            continue
        said = [word.value for word in node.keywords if word.arg in FIELD_WORDS]
        if _is_flash(node.func):
            said += node.args[1:2]
        found += [ast.unparse(value) for value in said if _is_literal(value)]
    return found


def _unlabelled(form: ast.ClassDef) -> Iterator[str]:
    """Yield the fields of a form that people see and that have no label of their own."""
    for line in form.body:
        if not isinstance(line, ast.Assign) or not isinstance(line.value, ast.Call):
            continue
        made = ast.unparse(line.value)
        given = {word.arg for word in line.value.keywords}
        is_seen = re.match(r"forms\.\w+Field\(", made) and "HiddenInput" not in made
        if is_seen and "label" not in given:
            yield ast.unparse(line.targets[0])


def _is_flash(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and called.attr in FLASHES
        and isinstance(called.value, ast.Name)
        and called.value.id == "messages"
    )


def _is_literal(value: ast.expr) -> bool:
    if isinstance(value, ast.JoinedStr):
        return True
    return isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value != ""
