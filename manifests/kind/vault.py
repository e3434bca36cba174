"""The stores' secret (JSON, on standard input) and a folder of keys → the vault of a kind cluster, as YAML."""

import base64
import json
import sys
from pathlib import Path

import yaml

STORES = "pixguard-stores.svc"


def main() -> None:
    """Write a ClusterSecretStore that holds what the cloud's vault would, and the S3 keys of the model download."""
    held = {k: base64.b64decode(v).decode() for k, v in json.load(sys.stdin)["data"].items()}
    keys = Path(sys.argv[1])
    database = f"postgresql+psycopg://postgres:{held['postgres']}@postgres.{STORES}:5432"
    redis = f"redis.{STORES}:6379,password={held['redis']}"
    public = (keys / "signing.pem.pub").read_text()
    online = f"redis://:{held['redis']}@redis.{STORES}:6379"
    entries = {
        "pixguard/serving": {"online_store": online, "public_key": public},
        "pixguard/streaming": {"online_store": online},
        "pixguard/feast": {"redis": redis, "registry": f"{database}/postgres"},
        "pixguard/mlflow": {"backend_store_uri": f"{database}/postgres"},
        "pixguard/keys": {"keyring": (keys / "keyring.json").read_text()},
        "pixguard/signing": {"private_key": (keys / "signing.pem").read_text(), "public_key": public},
        "pixguard/release": {"github_token": "none: on kind a release is a commit"},
        "pixguard/grafana": {"user": "admin", "password": held["postgres"]},
    }
    store = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterSecretStore",
        "metadata": {"name": "pixguard"},
        "spec": {"provider": {"fake": {"data": [{"key": k, "value": json.dumps(v)} for k, v in entries.items()]}}},
    }
    s3 = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "pixguard-s3",
            "namespace": "pixguard",
            "annotations": {
                "serving.kserve.io/s3-endpoint": f"s3.{STORES}:8333",
                "serving.kserve.io/s3-usehttps": "0",
                "serving.kserve.io/s3-region": "us-east-1",
            },
        },
        "stringData": {"AWS_ACCESS_KEY_ID": held["s3_id"], "AWS_SECRET_ACCESS_KEY": held["s3_key"]},
    }
    yaml.safe_dump_all([store, s3], sys.stdout, sort_keys=False)


if __name__ == "__main__":
    main()
