import numpy as np

from pixguard.payment import Initiation as ContractInitiation
from pixguard.payment import Purpose as ContractPurpose
from pixguard.simulate.config import Story
from pixguard.simulate.traffic import CHOSEN_LATER, Initiation, Purpose, concatenate, traffic


def some(count: int, payer: int):
    rows = np.arange(count)
    return traffic(rows, rows + 1, np.full(count, payer), rows, Initiation.DICT, story=Story.BAIT, chain=rows)


def test_single_values_stand_for_all_rows():
    paid = some(3, 9)
    assert paid.initiation.tolist() == [Initiation.DICT] * 3
    assert paid.device.tolist() == [CHOSEN_LATER] * 3
    assert paid.story.dtype == np.int8
    assert paid.payer.dtype == np.int64


def test_parts_are_joined_in_order_and_rows_taken_by_mask():
    both = concatenate([some(2, 1), some(3, 2)])
    assert both.payer.tolist() == [1, 1, 2, 2, 2]
    assert both.take(both.payer == 2).chain.tolist() == [0, 1, 2]
    assert len(both) == 5


def test_names_are_the_contract_s():
    assert [i.name for i in Initiation] == [i.value for i in ContractInitiation]
    assert [p.name for p in Purpose] == [p.value for p in ContractPurpose]
