"""Personal data is recognized by how it is written, and numbers that merely look like it are not."""

import pandas as pd
import pytest

from cli.personal import by_name, by_values, luhn


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["ada@example.com", "bob.b@mail.example.org"], "an e-mail address"),
        (["4111 1111 1111 1111", "5500005555555559"], "a payment card's number"),
        ([4111111111111111, 5500005555555559], "a payment card's number"),
        (["078-05-1120", "219-09-9999"], "a social security number"),
        (["+31 20 123 4567", "+1 (212) 555-0199"], "a phone number"),
        (["10.0.0.1", "192.168.2.255"], "an IP address"),
        (["4111111111111112", "5500005555555558"], None),
        (["000-12-3456", "666-12-3456"], None),
        (["web", "app", "shop"], None),
        (["2026-03-31", "2026-04-01"], None),
        ([1.5, 2.5], None),
        ([None], None),
        (["ada@example.com", "web", "app", "shop", "phone"], None),
    ],
)
def test_values_are_told_by_their_form(values: list[object], kind: str | None) -> None:
    assert by_values(pd.Series(values, dtype=None if values != [None] else object)) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("EMAIL", "an e-mail address"),
        ("customer.contact.email", "an e-mail address"),
        ("firstName", "a name"),
        ("patient_name", "a name"),
        ("birthDate", "a date of birth"),
        ("SSN", "an official number"),
        ("home_address", "an address"),
        ("name", "a name"),
        ("amount", None),
        ("product_name", None),
        ("filename", None),
        ("mailing_count", None),
    ],
)
def test_names_are_told_by_their_words(name: str, kind: str | None) -> None:
    assert by_name(name) == kind


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert luhn("79927398713")
    assert not any(luhn(f"7992739871{digit}") for digit in (0, 1, 2, 4, 5, 6, 7, 8, 9))
