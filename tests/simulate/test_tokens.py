import re
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pixguard.payment.schema import PIX_ID_PATTERN, TOKENISED_PATTERN
from pixguard.simulate.places import ispb_codes
from pixguard.simulate.tokens import end_to_end_ids, tokens


def test_tokens_have_the_contract_s_form_and_are_distinct():
    made = tokens(np.arange(50_000), 7, "account").to_pylist()
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(TOKENISED_PATTERN, token) for token in made[:500])
    assert set(made).isdisjoint(tokens(np.arange(50_000), 7, "device").to_pylist())
    assert set(made).isdisjoint(tokens(np.arange(50_000), 8, "account").to_pylist())


def test_every_digit_of_a_token_is_uniform_and_says_nothing_of_the_number():
    text = "".join(t[3:] for t in tokens(np.arange(40_000), 3, "account").to_pylist())
    digits = np.array([int(c, 16) for c in text]).reshape(-1, 32)
    counts = np.stack([np.bincount(column, minlength=16) for column in digits.T])
    assert np.abs(counts / len(digits) - 1 / 16).max() < 0.007
    correlation = np.corrcoef(np.column_stack([np.arange(len(digits)), digits]), rowvar=False)
    assert np.abs(correlation - np.eye(33)).max() < 0.03


@given(st.lists(st.datetimes(datetime(2020, 11, 16), datetime(2099, 12, 31)), min_size=1, max_size=40))
def test_ids_carry_the_payer_s_ispb_and_the_utc_minute(moments):
    moments = [moment.replace(tzinfo=UTC) for moment in moments]
    time_us = np.array([int(moment.timestamp()) * 1_000_000 + moment.microsecond for moment in moments])
    institution, codes = np.arange(len(moments)) % 5, ispb_codes(1)
    made = end_to_end_ids(codes, institution, time_us, 1).to_pylist()
    assert len(set(made)) == len(made)
    for i, end_to_end_id in enumerate(made):
        assert re.fullmatch(PIX_ID_PATTERN, end_to_end_id)
        assert end_to_end_id[1:21] == codes[institution[i]] + moments[i].strftime("%Y%m%d%H%M")
