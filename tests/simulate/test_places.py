import re

from pixguard.payment import REGIONS as CONTRACT_REGIONS
from pixguard.simulate.places import INSTITUTIONS, REGIONS, ispb_codes


def test_regions_are_the_contract_s():
    assert sorted(REGIONS) == sorted(CONTRACT_REGIONS)


def test_ispb_codes_are_distinct_and_belong_to_the_seed():
    codes = ispb_codes(7)
    assert len(set(codes)) == INSTITUTIONS
    assert all(re.fullmatch(r"\d{8}", code) for code in codes)
    assert set(codes).isdisjoint(ispb_codes(8))
