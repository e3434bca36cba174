#!/usr/bin/env python3
# ruff: noqa: T201 - it is a command
"""Estimate what planned environments cost a month: `estimate.py dev.json prod.json` (by `terraform show -json`)."""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

PRICES = Path(__file__).with_name("prices.json")
Resource = dict[str, Any]
Quantity = tuple[str, str, float]


def quantities(plan: dict[str, Any]) -> Iterator[Quantity]:
    """Yield (group, thing with a price, how many) for everything in a plan that is paid by the hour or the month."""
    resources = [change for change in plan["resource_changes"] if change["change"]["after"] is not None]
    zones = sum(resource["type"] == "aws_subnet" and resource["name"] == "private" for resource in resources)
    disks = {
        resource["index"]: _disk_gib(resource) for resource in resources if resource["type"] == "aws_launch_template"
    }
    for resource in resources:
        kind, after = resource["type"], resource["change"]["after"]
        if kind == "aws_eks_node_group":
            yield from _nodes(after, disks[resource["index"]])
        elif kind == "aws_vpc_endpoint" and after["vpc_endpoint_type"] == "Interface":
            yield "network", "endpoint", zones
        elif kind in SIMPLE:
            yield from SIMPLE[kind](after)


def _nodes(after: Resource, disk_gib: float) -> Iterator[Quantity]:
    count, spot = after["scaling_config"][0]["desired_size"], after["capacity_type"] == "SPOT"
    yield "nodes", after["instance_types"][0] + (" spot" if spot else ""), count
    yield "nodes", "node disk GiB", count * disk_gib


def _disk_gib(template: Resource) -> float:
    return float(template["change"]["after"]["block_device_mappings"][0]["ebs"][0]["volume_size"])


def _kafka(after: Resource) -> Iterator[Quantity]:
    brokers, group = after["number_of_broker_nodes"], after["broker_node_group_info"][0]
    yield "Kafka", group["instance_type"], brokers
    yield "Kafka", "kafka disk GiB", brokers * group["storage_info"][0]["ebs_storage_info"][0]["volume_size"]


def _database(after: Resource) -> Iterator[Quantity]:
    servers = 2 if after["multi_az"] else 1
    yield "PostgreSQL", after["instance_class"], servers
    yield "PostgreSQL", "database disk GiB", servers * after["allocated_storage"]


SIMPLE: dict[str, Callable[[Resource], Iterator[Quantity]]] = {
    "aws_eks_cluster": lambda _: iter([("control plane", "eks", 1.0)]),
    "aws_nat_gateway": lambda _: iter([("network", "nat", 1.0)]),
    "aws_msk_cluster": _kafka,
    "aws_db_instance": _database,
    "aws_elasticache_replication_group": lambda after: iter(
        [("Valkey", after["node_type"], after["num_cache_clusters"])]
    ),
    "aws_kms_key": lambda _: iter([("keys, secrets, alarms", "key", 1.0)]),
    "aws_secretsmanager_secret": lambda _: iter([("keys, secrets, alarms", "secret", 1.0)]),
    "aws_cloudwatch_metric_alarm": lambda _: iter([("keys, secrets, alarms", "alarm", 1.0)]),
}


def monthly(thing: str, book: dict[str, Any]) -> float:
    """Return what one of a thing costs a month in São Paulo, in USD; a thing without a price is an error."""
    name = thing.removesuffix(" spot")
    if name not in book["prices"]:
        raise SystemExit(f"estimate: prices.json has no price of {name!r}: look it up and add it")
    price = book["prices"][name]
    usd = price["month"] if "month" in price else price["hour"] * book["hours_a_month"]
    return float(usd * book["factor"][price["factor"]] * (book["spot"] if thing.endswith(" spot") else 1))


def groups(environment: str, plan: dict[str, Any], book: dict[str, Any]) -> dict[str, float]:
    """Return USD a month by group: what stands there by the plan, and what is used by assumption."""
    found: Counter[str] = Counter()
    for group, thing, count in quantities(plan):
        found[group] += count * monthly(thing, book)
    for thing, count in book["usage_a_month"][environment].items():
        found["use (assumed)"] += count * monthly(thing, book)
    return dict(found)


def table(columns: dict[str, dict[str, float]]) -> str:
    """Lay the environments side by side as a Markdown table with their sums, in whole dollars."""
    names = sorted({name for column in columns.values() for name in column})
    rows = [[name, *(f"{column.get(name, 0):,.0f}" for column in columns.values())] for name in names]
    sums = ["**a month, USD**", *(f"**{sum(column.values()):,.0f}**" for column in columns.values())]
    header = [["", *columns], ["---", *("---:" for _ in columns)]]
    return "\n".join(f"| {' | '.join(row)} |" for row in [*header, *rows, sums])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table for the plans of the command line, each named after its environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plans", nargs="+", type=Path, metavar="ENVIRONMENT.json")
    options = parser.parse_args(arguments)
    book = json.loads(PRICES.read_text(encoding="utf-8"))
    columns = {
        path.stem: groups(path.stem, json.loads(path.read_text(encoding="utf-8")), book) for path in options.plans
    }
    print(table(columns))


if __name__ == "__main__":
    main()
