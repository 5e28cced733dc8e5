"""Numbers that name a person or an account by themselves, told by their form wherever they stand in a text.

Used where a profile asks for it: a text that must not hold such a number is refused before anything is kept of it.
Forms that are common to other things, such as nine digits alone, are not told: a field that may hold them is masked.
"""

import re
from collections.abc import Callable

from headrace.errors import RejectedError
from headrace.usecase import Field, UseCase
from headrace.values import Coercer, Value, coercer

_CARD = re.compile(
    r"(?<![0-9A-Za-z-])"
    r"(?:[3-6]\d{12,18}|[3-6]\d{3}([ -])\d{4}\1\d{4}\1\d{1,7}|3\d{3}([ -])\d{6}\2\d{5})"
    r"(?![0-9A-Za-z-])"
)
_SSN = re.compile(r"(?<![0-9A-Za-z-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![0-9A-Za-z-])")


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others, as on payment cards (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - the sum of the two digits
    return total % 10 == 0


def named_by(text: str) -> str | None:
    """What a text holds that names somebody: ``a payment card's number``; None if nothing of a form known here."""
    if any(luhn(re.sub(r"[ -]", "", found.group())) for found in _CARD.finditer(text)):
        return "a payment card's number"
    return "a social security number" if _SSN.search(text) else None


def field_check(usecase: UseCase) -> Callable[[Field], Coercer]:
    """What compiles the check of a field; under a profile it refuses numbers that a field in clear must not hold."""
    return _unnamed if usecase.compliance.profiles else coercer


def _unnamed(field: Field) -> Coercer:
    check = coercer(field)
    if field.type not in ("string", "integer") or field.privacy != "clear" or field.allowed:
        return check

    def checked(value: object) -> Value:
        right = check(value)
        if kind := named_by(str(right)):
            raise RejectedError(f"holds {kind}, and the field is kept in clear", field=field.name)
        return right

    return checked
