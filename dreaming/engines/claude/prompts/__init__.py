"""The prompts, as files beside the engine; their hash stands with every dream that used them."""

import hashlib
from pathlib import Path

HERE = Path(__file__).parent
READ = (HERE / "read.md").read_text(encoding="utf-8")
WRITE = (HERE / "write.md").read_text(encoding="utf-8")
SHA256 = hashlib.sha256(f"{READ}\0{WRITE}".encode()).hexdigest()
