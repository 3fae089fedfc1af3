"""The house keeps its own rules: rooms, sizes, names, words, settings and commands."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from tests.measure import PRODUCT, ROOT, python_files

FILES = [path for name in PRODUCT for path in python_files(ROOT / name)]
TESTS = list(python_files(ROOT / "tests"))
LONGEST_FILE = 600
LONGEST_FUNCTION = 50
NAMELESS = {"utils", "util", "helpers", "helper", "services", "managers", "common", "misc", "lib"}
SIGNAL_SEAMS = {
    "dreaming/apps.py",
    "dreaming/signin.py",
    "dreaming/wsgi.py",
    "reviews/audit/apps.py",
}
"""Where Django and allauth leave no other seam."""
LAZY_IMPORTS = {"dreaming/engines/registry.py"}
UNUSED_WORDS = {"tenant", "findings", "insight", "claimed"}
# In pieces, so that this file does not hold what it looks for.
HOSTS = ("pypi" + ".org", "python" + "hosted.org", "npmjs" + ".com", "unpkg" + ".com")
MACHINE = ("/work" + "/main", "/work" + "/shared", "/ro" + "ot/", "/op" + "t/pypi")
TEXT = {".py", ".md", ".toml", ".html", ".css", ".js", ".yaml", ".yml", ".txt", ".lock", ".svg", ""}


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        return [path for name in (*PRODUCT, "tests", "docs") for path in (ROOT / name).rglob("*")]
    return [ROOT / line for line in listed.stdout.splitlines()]


def text_files() -> list[Path]:
    return [path for path in tracked_files() if path.is_file() and path.suffix in TEXT]


def test_the_rooms_import_only_downwards():
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.django_db
def test_models_and_migrations_agree(settings):
    settings.MIGRATION_MODULES = {}
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("path", [f for f in FILES if shown(f) not in LAZY_IMPORTS], ids=shown)
def test_nothing_is_imported_inside_a_function(path: Path):
    hidden = [
        f"{function.name} line {node.lineno}"
        for function in functions(tree_of(path))
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


@pytest.mark.parametrize("path", [*FILES, *TESTS], ids=shown)
def test_files_and_functions_can_be_read_in_one_go(path: Path):
    long = [
        f"{function.name}: {lines} lines"
        for function in functions(tree_of(path))
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    ]
    # A story of a test reads on from its first line to its last.
    assert long == [] or path in TESTS
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_every_module_is_named_for_what_it_is_about():
    nameless = [shown(path) for path in FILES if {path.stem, path.parent.name} & NAMELESS]
    assert nameless == []


def test_pages_are_functions():
    classes = [
        f"{shown(path)}: {node.id if isinstance(node, ast.Name) else ast.unparse(node)}"
        for path in FILES
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.Attribute) and node.attr == "as_view")
        or (isinstance(node, ast.ImportFrom) and node.module == "django.views.generic")
    ]
    assert classes == []


def test_signals_are_heard_only_where_there_is_no_other_seam():
    heard = {
        shown(path)
        for path in FILES
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.Attribute) and node.attr == "connect")
        or (isinstance(node, ast.Name) and node.id == "receiver")
    }
    assert heard <= SIGNAL_SEAMS


def test_no_word_of_ours_has_two_names():
    used = {
        f"{shown(path)}: {name}"
        for path in FILES
        for node in ast.walk(tree_of(path))
        if (name := getattr(node, "id", None) or getattr(node, "name", None) or "")
        and UNUSED_WORDS & set(re.split(r"[_.]|(?<=[a-z])(?=[A-Z])", str(name).lower()))
    }
    assert used == set()


def test_what_it_never_says_of_itself():
    boast = re.compile("comp" + "liant|success" + "fully|Are you " + "sure", re.IGNORECASE)
    said = [
        f"{shown(path)}: {match.group()}"
        for path in text_files()
        if path.suffix in {".py", ".html", ".md", ".js"} and path not in TESTS
        for match in boast.finditer(path.read_text(encoding="utf-8"))
    ]
    assert said == []


@pytest.mark.parametrize("words", [HOSTS, MACHINE], ids=["registries", "machines"])
def test_no_file_names_a_registry_or_somebodys_machine(words: tuple[str, ...]):
    named = [
        f"{shown(path)}: {word}"
        for path in text_files()
        for word in words
        if word in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert named == []


def test_two_rooms_and_the_admin_stay_empty():
    assert (ROOT / "reviews/__init__.py").read_text() == ""
    assert (ROOT / "agents/__init__.py").read_text() == ""
    assert "django.contrib.admin" not in settings.INSTALLED_APPS


def test_migrations_of_the_log_only_add():
    wrong = re.compile(r"\b(AlterField|AlterModelTable|RemoveField|RenameField|DeleteModel)\b")
    statement = re.compile(r"\b(ALTER TABLE|DELETE FROM|DROP TABLE|TRUNCATE)\b", re.IGNORECASE)
    found = [
        f"{path.name}: {match.group()}"
        for path in (ROOT / "reviews/audit/migrations").glob("*.py")
        for pattern in (wrong, statement)
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_every_setting_is_documented_and_nothing_else_is():
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))
    assert documented == {*settings.KNOWN, "DATABASE_URL", "BROKER_URL", "PORT"}


def test_every_known_setting_is_read_somewhere():
    code = "\n".join(path.read_text(encoding="utf-8") for path in [*FILES, *TESTS])
    of_tests = {"DAYBREAK_SHARED", "DAYBREAK_CHROMIUM", "DAYBREAK_REQUIRE"}
    unread = [name for name in settings.KNOWN if code.count(f'"{name}"') < 2]
    assert set(unread) <= of_tests


def makefile_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z%-]*):", text, re.MULTILINE))


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_commands_in_the_documents_exist(document: str):
    text = (ROOT / document).read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z-]+)", text))
    named |= set(re.findall(r"^make ([a-z-]+)", text, re.M))
    targets = makefile_targets()
    assert {name for name in named if name not in targets and "bench-%" not in targets} == set()


def test_the_readme_begins_with_two_commands():
    fence = re.search(r"```\w*\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert fence is not None
    assert [line.split("#")[0].strip() for line in fence[1].splitlines()] == [
        "make demo",
        "make test",
    ]


def test_links_between_documents_lead_somewhere():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{shown(page)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_version_is_the_newest_of_the_changelog():
    newest = re.search(r"^## \[?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert newest is not None
    assert newest[1] == settings.VERSION


def test_what_is_installed_is_locked_with_its_hash():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.match(r"[a-z0-9-]+", line) for line in project["dependencies"]]
    missing = [
        name[0] for name in names if name and not re.search(rf"^{name[0]}==", lock, re.MULTILINE)
    ]
    assert missing == []
    assert lock.count("--hash=sha256:") > lock.count("==")
