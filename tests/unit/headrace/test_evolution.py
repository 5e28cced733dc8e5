"""What may change about deployed features, what takes a higher version, what never may, and what each message says."""

from dataclasses import replace

import pytest
from evolved_use_cases import COUNT, MEAN, NOW, RATE, RECORD, changed, only_refusal, with_field
from window_cases import shop

from headrace.errors import UseCaseError
from headrace.evolution import compare, record_of, require_recorded
from headrace.usecase import Entity, Expression, Field, UseCase, Window


def test_an_unchanged_use_case_changes_nothing():
    evolution = compare(RECORD, NOW)
    assert evolution.recorded
    assert (evolution.added, evolution.removed, evolution.retyped) == ((), (), ())
    require_recorded(RECORD, NOW)


def test_a_new_window_is_allowed_and_comes_last_wherever_it_is_written():
    new = Window(entity="customer", function="max", over="amount", lengths=("60s",))
    evolution = compare(RECORD, changed(new, COUNT, MEAN, RATE))
    assert evolution.added == ("customer_amount_max_60s",)
    assert not evolution.refusals
    assert evolution.after.names() == (*RECORD.names(), "customer_amount_max_60s")


def test_a_new_length_of_a_window_is_a_new_feature():
    longer = replace(COUNT, lengths=("10s", "60s", "1h"))
    assert compare(RECORD, changed(longer, MEAN, RATE)).added == ("customer_count_1h",)


def test_the_order_in_the_use_case_does_not_matter():
    evolution = compare(RECORD, changed(RATE, MEAN, COUNT, inputs=("online", "tip", "amount")))
    assert evolution.recorded


def test_synthesis_waits_until_an_addition_is_recorded():
    usecase = changed(COUNT, MEAN, RATE, Window(entity="shop", function="count", lengths=("1h",)))
    with pytest.raises(
        UseCaseError, match=r"features\[shop_count_1h\]: is not in the record .* `headrace evolve shop`"
    ):
        require_recorded(RECORD, usecase)
    require_recorded(compare(RECORD, usecase).after, usecase)


def test_synthesis_waits_until_a_raised_version_is_recorded():
    with pytest.raises(UseCaseError, match="version: is not in the record"):
        require_recorded(RECORD, changed(version=2))


def test_a_removed_window_is_refused_with_the_way_out():
    message = only_refusal(compare(RECORD, changed(COUNT, RATE)))
    assert message.startswith("features[shop_tip_mean_60s]: was deployed and is gone; put it back, or raise")
    assert "UseCase.version to 2: new feature groups `...-v2`" in message
    with pytest.raises(UseCaseError, match="was deployed and is gone"):
        require_recorded(RECORD, changed(COUNT, RATE))


RETYPED = {
    "function": ({"function": "sum", "fill": None}, "function 'mean' became 'sum'"),
    "field": ({"over": "amount"}, "over 'tip' became 'amount'"),
    "resolution": ({"resolution": "10s"}, "resolution_s 1 became 10"),
    "delay": ({"delay": "5s"}, "delay_s 0 became 5, current True became False"),
    "fill": ({"fill": 0.5}, "fill None became 0.5"),
    "current": ({"current": False}, "current True became False"),
    "entity": ({"entity": "customer"}, "entity 'shop' became 'customer'"),
    "source": (
        {"source": "labels", "over": "returned", "delay": "20s"},
        "source 'events' became 'labels', over 'tip' became 'returned', delay_s 0 became 20, current True became False",
    ),
}


@pytest.mark.parametrize("case", RETYPED)
def test_another_meaning_under_the_same_name_is_refused_with_what_changed(case):
    changes, told = RETYPED[case]
    evolution = compare(RECORD, changed(COUNT, replace(MEAN, name="shop_tip_mean", **changes), RATE))
    assert [it.name for it in evolution.retyped] == ["shop_tip_mean_60s"]
    message = only_refusal(evolution)
    assert message.startswith(f"features[shop_tip_mean_60s]: was deployed with another meaning ({told}); give the new")
    assert "raise UseCase.version to 2" in message


def test_an_input_that_becomes_a_window_of_its_name_is_retyped():
    windows = (COUNT, MEAN, RATE)
    record = record_of(shop(*windows, Window(entity="shop", name="hour", function="count", lengths=("60s",))))
    evolution = compare(record, replace(NOW, calendar=(*NOW.calendar, "is_night")))
    assert evolution.added == ("is_night",)
    assert evolution.removed == ("hour_60s",)


def test_an_expression_with_another_operand_is_retyped():
    ratio = Expression(name="share", function="ratio", of="amount", against=("tip",))
    record = record_of(changed(expressions=(ratio,)))
    other = changed(expressions=(replace(ratio, against=("customer_count_60s",)),))
    assert "against ['tip'] became ['customer_count_60s']" in only_refusal(compare(record, other))


def test_a_raised_version_allows_both_and_keeps_the_old_groups():
    usecase = changed(COUNT, replace(MEAN, over="amount", name="shop_tip_mean"), version=2)
    evolution = compare(RECORD, usecase)
    assert not evolution.refusals
    assert evolution.raised
    assert evolution.removed == ("shop_returned_mean_60s",)
    assert [it.name for it in evolution.retyped] == ["shop_tip_mean_60s"]
    (kept,) = evolution.after.kept
    assert (kept.version, kept.features, kept.entities) == (1, RECORD.features, RECORD.entities)
    require_recorded(evolution.after, usecase)


def test_kept_groups_add_up_and_are_given_up_one_by_one():
    third = compare(compare(RECORD, changed(MEAN, version=2)).after, changed(COUNT, version=3)).after
    assert [group.version for group in third.kept] == [1, 2]
    assert [group.version for group in third.without(1).kept] == [2]
    with pytest.raises(UseCaseError, match="--retire: version 3 is not kept; use one of 1, 2"):
        third.without(3)
    with pytest.raises(UseCaseError, match="no earlier one is kept"):
        RECORD.without(1)


def test_a_lowered_version_is_refused():
    record = compare(RECORD, changed(version=3)).after
    assert only_refusal(compare(record, changed(version=2))) == (
        "version: was 3 when it was deployed; count up, never down"
    )


NEVER = {
    "an entity's key": (
        changed(entities=(Entity(name="customer", key="customer_id"), Entity(name="shop", key="customer_id"))),
        "entities[shop].key: was 'shop_id', and stored state is of those keys; give the entity with the other key",
    ),
    "a field's type": (
        with_field("online", type="integer"),
        "fields[online].type: was 'boolean', and the lake holds it so; give the field of the other type another name",
    ),
    "a field that was optional": (
        with_field("tip", required=True),
        "fields[tip].required: was False, and stored state has events without it; leave it optional",
    ),
    "the label": (
        changed(
            COUNT, MEAN, replace(RATE, over="kept", name="shop_returned_mean"), label=replace(NOW.label, field="kept")
        ),
        "label.field: was 'returned', and stored labels say that; make another truth another use case",
    ),
}


@pytest.mark.parametrize("case", NEVER)
def test_what_state_and_lake_are_read_by_never_changes_not_even_with_the_version(case):
    usecase, message = NEVER[case]
    assert message in only_refusal(compare(RECORD, replace(usecase, version=2)))


def test_a_field_may_become_optional_but_not_required_again():
    loosened = compare(RECORD, with_field("amount", required=False))
    assert not loosened.refusals
    assert "fields[amount].required" in only_refusal(compare(loosened.after, NOW))


def coded(*texts: str) -> UseCase:
    field = Field(name="channel", type="string", allowed=texts)
    return changed(inputs=("channel",), event=replace(NOW.event, fields=(*NOW.event.fields, field)))


def test_allowed_texts_may_be_appended_and_keep_their_numbers():
    record = record_of(coded("web", "till"))
    assert not compare(record, coded("web", "till", "post")).refusals
    message = only_refusal(compare(record, coded("post", "web", "till")))
    assert message.startswith("fields[channel].allowed: changes the numbers that stand for its texts; begin with web")


def test_a_field_that_no_feature_reads_any_more_is_still_remembered():
    without = compare(record_of(coded("web", "till")), changed(version=2)).after
    assert without.fields["channel"]["allowed"] == ["web", "till"]
    assert "fields[channel].allowed" in only_refusal(compare(without, replace(coded("till", "web"), version=3)))
