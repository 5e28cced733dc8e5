"""A wrong use case fails when it is defined, naming the field and the fix."""

import pytest
import wrong_definitions
import wrong_features

from headrace.errors import UseCaseError

WRONG = wrong_definitions.WRONG | wrong_features.WRONG


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_definition_names_the_field_and_the_fix(what):
    define, where, fix = WRONG[what]
    with pytest.raises(UseCaseError) as caught:
        define()
    assert caught.value.where == where
    assert str(caught.value).startswith(f"{where}: ")
    assert fix in str(caught.value)
