"""The textbook: plain features in Feast's Redis store, a KServe transformer that asks Feast, a KServe torch predictor.

All defaults, two processes, as the documentation of both shows. It is favoured: it computes no request-time feature,
validates nothing, explains nothing and logs no decision.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

VIEWS = ("payer", "payee", "device", "pair")
KEYS = {
    "payer": lambda p: p["payer_id"],
    "payee": lambda p: p["payee_id"],
    "device": lambda p: p.get("device_id") or "",
    "pair": lambda p: f"{p['payer_id']}|{p['payee_id']}",
}


def open_store(folder: Path) -> Any:
    from feast import FeatureStore

    return FeatureStore(repo_path=str(folder))


def references() -> list[str]:
    from pixguard.features import PIX

    return [f"{view}_features:{one.name}" for view, own in PIX.by_view().items() for one in own]


def prepare(folder: Path, redis_port: int, payments: Sequence[Any], states: Any) -> None:
    """Register plain views and write the features that each key has at the time of its payment."""
    import pandas as pd
    from feast import Entity, FeatureView, Field, FileSource, ValueType
    from feast.types import Int64

    from pixguard.features import PIX
    from pixguard.online import OnlineFeatures

    folder.mkdir(parents=True)
    (folder / "feature_store.yaml").write_text(
        f"project: textbook\nprovider: local\nregistry: {folder}/registry.db\nentity_key_serialization_version: 3\n"
        f"online_store:\n  type: redis\n  connection_string: 127.0.0.1:{redis_port},db=1\n"
        "offline_store:\n  type: duckdb\n"
    )
    store, online = open_store(folder), OnlineFeatures(PIX)
    values, _, _ = online.aggregate(payments, states)
    columns = dict(zip(online.aggregates, values, strict=True))
    rows = [{name: getattr(payment, name) for name in ("payer_id", "payee_id", "device_id")} for payment in payments]
    for view, own in PIX.by_view().items():
        frame = pd.DataFrame({one.name: columns[one.name] for one in own})
        frame[f"{view}_key"] = [KEYS[view](row) for row in rows]
        frame["event_time"] = pd.to_datetime([payment.event_time for payment in payments])
        frame.to_parquet(folder / f"{view}.parquet")
        entity = Entity(name=view, join_keys=[f"{view}_key"], value_type=ValueType.STRING)
        source = FileSource(name=f"{view}_source", path=str(folder / f"{view}.parquet"), timestamp_field="event_time")
        schema = [Field(name=one.name, dtype=Int64) for one in own]
        name = f"{view}_features"
        store.apply([entity, FeatureView(name=name, entities=[entity], ttl=timedelta(0), schema=schema, source=source)])
        store.write_to_online_store(name, frame)


def transformer(arguments: Any) -> None:
    import kserve
    from kserve.constants.constants import PredictorProtocol
    from kserve.predictor_config import PredictorConfig

    class Transformer(kserve.Model):  # type: ignore[misc]
        def __init__(self, name: str) -> None:
            super().__init__(name)
            self.store, self.references = open_store(arguments.folder), references()
            self.names = [reference.split(":")[1] for reference in self.references]
            self.ready = True

        def preprocess(self, payload: Any, headers: Any = None) -> Any:
            rows = [{f"{view}_key": KEYS[view](payment) for view in VIEWS} for payment in payload["instances"]]
            found = self.store.get_online_features(features=self.references, entity_rows=rows).to_dict()
            columns = [[value or 0 for value in found[name]] for name in self.names]
            return {"instances": [list(row) for row in zip(*columns, strict=True)]}

    predictor = PredictorConfig(f"127.0.0.1:{arguments.predictor}", PredictorProtocol.REST_V1.value)
    kserve.ModelServer(predictor_config=predictor).start([Transformer("pix-fraud")])


def predictor(arguments: Any) -> None:
    import kserve
    import torch

    from pixguard.weights import load_model

    class Predictor(kserve.Model):  # type: ignore[misc]
        def load(self) -> bool:
            self.model = load_model(arguments.weights)
            self.features, self.ready = self.model.features, True
            return True

        @torch.inference_mode()
        def predict(self, payload: Any, headers: Any = None) -> Any:
            x = torch.tensor(payload["instances"], dtype=torch.float32)
            x = torch.nn.functional.pad(x, (0, self.features - x.shape[1]))
            return {"predictions": torch.sigmoid(self.model(x)).tolist()}

    model = Predictor("pix-fraud")
    model.load()
    kserve.ModelServer().start([model])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=("transformer", "predictor"))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--predictor", type=int)
    arguments, rest = parser.parse_known_args()
    sys.argv = [sys.argv[0], *rest]  # the SDK reads its own options
    {"transformer": transformer, "predictor": predictor}[arguments.part](arguments)


if __name__ == "__main__":
    main()
