"""What the dependency audit tells: of what was looked up, and of what was not."""

import noxfile


def test_dependencies_that_nobody_could_ask_about_are_not_called_sound() -> None:
    found = [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}]
    assert noxfile.told("dev", found) == "dev: 1 of 2 dependencies looked up; advisories: none"


def test_an_advisory_is_named_with_its_version() -> None:
    found = [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}]
    assert "a 1: PYSEC-1, a 1: PYSEC-2" in noxfile.told("dev", found)


def test_no_answer_is_said() -> None:
    assert noxfile.told("spark", None) == "spark: not one dependency looked up"
