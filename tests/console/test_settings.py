import ipaddress
from pathlib import Path

import pytest

from pixguard.console.settings import HOSTS, PROXY, TOKEN, USER_HEADER, Settings, read
from pixguard.errors import UsageError

GOOD = {TOKEN: "t" * 43}
CALL = ["--state", "state", "--port", "8000"]


def test_the_token_comes_by_the_environment_and_is_never_shown() -> None:
    found = read(CALL, GOOD)
    assert (found.state, found.port, found.host) == (Path("state").absolute(), 8000, "127.0.0.1")
    assert found.token == "t" * 43
    assert found.token not in repr(found)
    assert found.environment == "laptop"


def test_a_cluster_names_its_proxy_its_header_and_its_hosts() -> None:
    found = read(
        [*CALL, "--host", "0.0.0.0"],
        GOOD | {PROXY: "10.0.0.7, 10.1.0.0/16", USER_HEADER: "x-user", HOSTS: "console.example"},
    )
    assert found.proxy == (ipaddress.ip_network("10.0.0.7/32"), ipaddress.ip_network("10.1.0.0/16"))
    assert found.user_header == "x-user"
    assert found.hosts == ("127.0.0.1", "localhost", "console.example")


@pytest.mark.parametrize(
    ("call", "environment", "said"),
    [
        (CALL, {}, TOKEN),
        (CALL, {TOKEN: "short"}, TOKEN),
        (CALL, {TOKEN: "t" * 40 + "\n"}, TOKEN),
        ([*CALL, "--host", "0.0.0.0"], GOOD, PROXY),
        (CALL, GOOD | {PROXY: "the proxy"}, PROXY),
        (CALL, GOOD | {USER_HEADER: "X User"}, USER_HEADER),
    ],
)
def test_what_would_let_others_in_is_refused(call: list[str], environment: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read(call, environment)


def test_consoles_of_one_machine_do_not_share_a_cookie() -> None:
    one, other = (Settings(state=Path(), port=port, token="t" * 43) for port in (1, 2))
    assert one.cookie != other.cookie
