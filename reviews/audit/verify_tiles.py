"""The stored tiles against the leaves they were made of: this names the leaf that was changed."""

from reviews.audit import merkle
from reviews.audit.history import stored_bytes
from reviews.audit.models import Tile
from reviews.audit.report import Report, Status
from reviews.audit.tree import TILE_WIDTH


class Tiles:
    """Takes the leaves in order and compares every tile they fill, level by level."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.open: dict[int, list[bytes]] = {}

    def add(self, index: int, leaf: bytes) -> None:
        """Take leaf `index`, the next one that is there."""
        self.take(0, index, leaf)

    def take(self, level: int, index: int, hashed: bytes) -> None:
        """Take one hash of a level; compare the tile it completes."""
        hashes = self.open.setdefault(level, [])
        if index % TILE_WIDTH == 0:
            hashes.clear()
        hashes.append(hashed)
        # Fewer: leaves are missing below, and that was said already.
        if (index + 1) % TILE_WIDTH == 0 and len(hashes) == TILE_WIDTH:
            self.compare(level, index // TILE_WIDTH, hashes)

    def compare(self, level: int, index: int, hashes: list[bytes]) -> None:
        """Compare one full tile with what is stored, and give its root to the level above."""
        tile = Tile.objects.filter(level=level, index=index).first()
        root = merkle.root_of(hashes)
        self.report.count("tiles")
        if tile is None:
            self.report.add(Status.INCOMPLETE, f"The tile {level}/{index} is missing.")
        elif stored_bytes(tile.data) != b"".join(hashes):
            self.name_difference(tile, hashes)
        elif stored_bytes(tile.root) != root:
            self.report.add(Status.TAMPERED, f"The tile {level}/{index} has another root.")
        self.take(level + 1, index, root)

    def name_difference(self, tile: Tile, hashes: list[bytes]) -> None:
        """Record the first hash in which a tile and what lies below it differ."""
        stored = stored_bytes(tile.data)
        at = next(
            (at for at, hashed in enumerate(hashes) if stored[at * 32 : at * 32 + 32] != hashed), 0
        )
        self.report.add(
            Status.TAMPERED,
            f"the tile {tile.level}/{tile.index} was made of another hash.",
            tile.index * TILE_WIDTH + at if tile.level == 0 else None,
        )

    def left_over(self, size: int) -> None:
        """Record tiles beyond the last leaf."""
        beyond = Tile.objects.filter(level=0, index__gte=size // TILE_WIDTH).order_by("-index")
        if (tile := beyond.first()) is not None:
            self.report.add(
                Status.INCOMPLETE,
                f"The tile 0/{tile.index} states {(tile.index + 1) * TILE_WIDTH:,} entries, the "
                f"log has {size:,}: entries at the end are missing.",
            )
