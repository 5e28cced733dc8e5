"""Numbers as people read them: grouped thousands, as many digits as matter, and a unit."""

MINUTE_S = 60
DAY_S = 86_400
MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"
NONE = "\N{EN DASH}"


def count(value: float | None) -> str:
    """``12,004``; a dash where nothing was counted."""
    return NONE if value is None else f"{round(value):,}".replace("-", MINUS)


def seconds(value: float) -> str:
    """``0.8 s``, ``42 s``, ``2 min 05 s``."""
    if value < 9.95:  # noqa: PLR2004 - below ten a tenth matters
        return f"{value:.1f}{SPACE}s"
    if round(value) < MINUTE_S:
        return f"{value:.0f}{SPACE}s"
    minutes, rest = divmod(round(value), MINUTE_S)
    return f"{minutes:,}{SPACE}min {rest:02d}{SPACE}s"


def milliseconds(value: float | None) -> str:
    """``4.2 ms`` or ``128 ms``; a dash where nothing was measured."""
    if value is None:
        return NONE
    return f"{value:.1f}{SPACE}ms" if value < 99.5 else f"{value:,.0f}{SPACE}ms"  # noqa: PLR2004 - three digits do


def percent(share: float | None) -> str:
    """``0.83 %``, ``8.3 %``, ``83 %``; 0 and 100 only where they are exact."""
    if share is None:
        return NONE
    value = 100 * share
    digits = 2 if value < 1 else 1 if value < 10 or value >= 99 else 0  # noqa: PLR2004 - two digits that say something
    shown = f"{value:.{digits}f}"
    if value in (0, 100):
        shown = f"{value:.0f}"
    elif float(shown) == 100:  # noqa: PLR2004 - not all of it: do not say so
        shown = "> 99.9"
    elif float(shown) == 0:
        shown = "< 0.01"
    return f"{shown}{SPACE}%"


def figure(value: float) -> str:
    """A figure between 0 and 1 with three decimals."""
    return f"{value:.3f}".replace("-", MINUS)


def score(value: float) -> str:
    """A score with as many decimals as it needs, at most three."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def duration(value: float) -> str:
    """A span of event time: ``2 days``, ``7.5 hours``, ``12 minutes``."""
    for unit, length in (("day", DAY_S), ("hour", 3600), ("minute", 60)):
        if value >= 0.95 * length:
            number = f"{value / length:.1f}".removesuffix(".0")
            return f"{number} {unit}" if number == "1" else f"{number} {unit}s"
    return f"{value:.0f} seconds"


def plural(value: int, one: str, many: str = "") -> str:
    """``1 record``, ``2 records``."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"
