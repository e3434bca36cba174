"""Where states go: Redis forgets a key when no window reaches it any more."""

import pyarrow as pa
import redis

from pixguard.features import PIX
from pixguard.state import append, event_rows, layouts
from pixguard.stream.sink import writer
from tests.worlds import token


def test_redis_forgets_a_key_that_no_window_reaches(redis_address: str) -> None:
    client = redis.Redis.from_url(redis_address)
    client.flushall()
    blob = append(layouts(PIX)["account"], None, event_rows([1], [1], [0], [0]))
    batch = pa.record_batch({"state_key": [f"account:{token(1)}"], "blob": pa.array([blob], pa.binary())})
    (told,) = [row.to_pylist()[0] for row in writer(redis_address, PIX)(iter([batch]))]
    (key,) = client.keys()
    assert (told["keys"], told["bytes"]) == (1, len(blob))
    longest_s = 30 * 86_400
    assert longest_s < client.ttl(key) < longest_s + 4 * 86_400
    client.close()
