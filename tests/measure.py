"""How much test there is for the code: `python -m tests.measure` fails below LEAST."""

import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("agents", "reviews", "dreaming")
LEAST = 1.3
SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


def python_files(folder: Path) -> Iterator[Path]:
    """Yield the modules below `folder`, without migrations: those are written by Django."""
    for path in sorted(folder.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path


def count_lines(path: Path) -> int:
    """Return the number of lines of `path` that hold more than white space and comments."""
    with path.open("rb") as file:
        lines: set[int] = set()
        for token in tokenize.tokenize(file.readline):
            if token.type not in SILENT:
                lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines)


def main() -> int:
    """Print both counts and their ratio; return 1 when there is too little test."""
    code = sum(count_lines(path) for name in PRODUCT for path in python_files(ROOT / name))
    tests = sum(count_lines(path) for path in python_files(ROOT / "tests"))
    ratio = tests / code
    sys.stdout.write(f"code {code} lines, tests {tests} lines: {ratio:.2f} (least {LEAST})\n")
    return 0 if ratio >= LEAST else 1


if __name__ == "__main__":
    raise SystemExit(main())
