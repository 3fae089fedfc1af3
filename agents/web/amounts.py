"""Numbers in words and figures as the pages print them. Pure."""

MINUS = "\u2212"
BYTE_UNITS = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))


def spell_number(value: float) -> str:
    """Return a number with thousands parted and a true minus sign: `18,204`, `\u22127`."""
    spelled = f"{abs(value):,}"
    return f"{MINUS}{spelled}" if value < 0 else spelled


def spell_percent(share: float) -> str:
    """Return a share of 0 to 1 as whole percent; only exactly all is 100 %, only none is 0 %."""
    percent = round(share * 100)
    if percent == 100 and share < 1:
        return "above 99%"
    if percent == 0 and share > 0:
        return "below 1%"
    return f"{MINUS if percent < 0 else ''}{abs(percent)}%"


def spell_points(difference: float) -> str:
    """Return a difference of shares (-1 to 1) in points with its sign: `+8`, `\u221233`, `0`."""
    points = round(difference * 100)
    sign = "+" if points > 0 else MINUS if points < 0 else ""
    return f"{sign}{abs(points)}"


def spell_signed(value: int) -> str:
    """Return a count of change with its sign: `+26`, `\u22127`, `0`."""
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    return f"{sign}{abs(value):,}"


def spell_bytes(size: int) -> str:
    """Return a size by its largest fitting unit (powers of 1,000): `565 bytes`, `3.4 MB`."""
    for unit, name in BYTE_UNITS:
        if size >= unit:
            return f"{size / unit:.1f} {name}".replace(".0 ", " ")
    return f"{size} byte" if size == 1 else f"{size} bytes"


def spell_q(value: float) -> str:
    """Return a q-value with three decimals; below that it is `<0.001`, never zero."""
    return "<0.001" if value < 0.0005 else f"{value:.3f}"
