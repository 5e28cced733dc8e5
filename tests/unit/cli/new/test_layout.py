"""Written source is what ruff would leave, whatever the texts in it."""

import ast

from hypothesis import given
from hypothesis import strategies as st

from cli.new.layout import WIDTH, Call, Noted, comment, source


@given(st.text())
def test_every_text_is_read_back_as_it_was(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert ast.literal_eval(source(text)) == text


def test_what_fits_is_on_one_line_and_what_does_not_has_a_line_for_each_part() -> None:
    short = Call("Field", [("name", "amount"), ("allowed", ("a",))])
    assert source(short) == 'Field(name="amount", allowed=("a",))'
    long = Call("Field", [("name", "x" * 60), ("type", "y" * 60)])
    assert source(long, indent=4) == f'Field(\n        name="{"x" * 60}",\n        type="{"y" * 60}",\n    )'


def test_a_comment_stands_above_its_value_and_keeps_to_the_width() -> None:
    text = source((Noted(1, "word " * 60), 2))
    lines = text.splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    assert lines[1].startswith("    # word")
    assert ast.literal_eval(text) == (1, 2)
    assert comment("", 4) == ""
