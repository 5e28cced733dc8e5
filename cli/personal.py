"""Signs that a column holds what belongs to a person: found by its values, or suspected by its name.

A sign is no proof, and its absence proves nothing: these are the forms that are written alike everywhere.
"""

import re
from collections.abc import Callable

import pandas as pd

from headrace.identifiers import luhn

_MOST_VALUES = 2_000
_SHARE = 0.6
"""Of the values that must look alike, so that a few chance hits are no finding."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")
_SSN = re.compile(r"(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}")
_PHONE = re.compile(r"(\+\d[\d\s().-]{6,18}\d|\(?0?\d{2,4}\)?[\s.-]\d{3,4}[\s.-]?\d{3,5})")
_IP = re.compile(r"((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d)")
_CARD = re.compile(r"[3-6]\d{12,18}")
_NAMES = {
    "a name": (
        "name", "firstname", "first_name", "lastname", "last_name", "surname", "fullname", "full_name", "cardholder",
        "patient_name", "customer_name", "user_name", "username",
    ),
    "an e-mail address": ("email", "mail", "e_mail"),
    "a phone number": ("phone", "telephone", "mobile", "fax"),
    "an address": ("address", "street", "addr"),
    "a date of birth": ("birth", "dob", "birthdate", "birth_date", "birthday", "date_of_birth"),
    "an official number": ("ssn", "passport", "license", "tax_id", "national_id", "iban"),
}  # fmt: skip


def _card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    return bool(_CARD.fullmatch(digits)) and luhn(digits)


_KINDS: dict[str, Callable[[str], bool]] = {
    "an e-mail address": lambda text: bool(_EMAIL.fullmatch(text)),
    "a social security number": lambda text: bool(_SSN.fullmatch(text)),
    "a payment card's number": _card,
    "an IP address": lambda text: bool(_IP.fullmatch(text)),
    "a phone number": lambda text: bool(_PHONE.fullmatch(text)),
}


def by_values(values: pd.Series) -> str | None:
    """What most values of a column look like, for example ``an e-mail address``; None if like nothing personal."""
    if values.dtype.kind in "fb" or pd.api.types.is_datetime64_any_dtype(values):
        return None
    texts = values.dropna().drop_duplicates().head(_MOST_VALUES).astype(str).str.strip().tolist()
    for kind, alike in _KINDS.items():
        if texts and sum(map(alike, texts)) >= _SHARE * len(texts):
            return kind
    return None


def by_name(name: str) -> str | None:
    """What a column's name says that it holds; None if nothing personal."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    parts = re.split(r"[^a-z]+", words)
    for kind, known in _NAMES.items():
        ends = {words, *("_".join(parts[-length:]) for length in (1, 2, 3))}
        if kind == "a name":
            ends.discard("name")  # of a product, a file or a city, unless it is the whole name
        if ends & set(known) or words == "name":
            return kind
    return None
