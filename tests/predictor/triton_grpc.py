"""Triton's gRPC client in a process of its own: its messages bear the names of the SDK's, so one process holds one.

Reads {"port", "asks": [{"model", "rows", "outputs", "headers"}]} and prints what the server said.
"""

import json
import sys
from typing import Any

import tritonclient.grpc
from tritonclient.utils import InferenceServerException

from tests.predictor.tensors import inputs


def main() -> None:
    told = json.load(sys.stdin)
    client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{told['port']}")
    model = "pix-fraud"
    said: dict[str, Any] = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model_ready": client.is_model_ready(model),
        "outputs": [each.name for each in client.get_model_metadata(model).outputs],
        "answers": [ask(client, **each) for each in told["asks"]],
    }
    try:
        client.load_model(model)
    except InferenceServerException as error:
        said["load"] = str(error)
    client.close()
    json.dump(said, sys.stdout)


def ask(
    client: Any, rows: list[dict[str, Any]], model: str = "pix-fraud", outputs: Any = None, headers: Any = None
) -> dict[str, Any]:
    wanted = [tritonclient.grpc.InferRequestedOutput(name) for name in outputs] if outputs else None
    try:
        found = client.infer(
            model, inputs(tritonclient.grpc, rows), outputs=wanted, headers=headers, request_id="7", client_timeout=30
        )
    except InferenceServerException as error:
        return {"status": error.status(), "message": error.message()}
    answer = found.get_response()
    tensors = {each.name: found.as_numpy(each.name).tolist() for each in answer.outputs}
    text = {name: [v.decode() if isinstance(v, bytes) else v for v in values] for name, values in tensors.items()}
    return {"id": answer.id, "version": answer.model_version, "outputs": text}


if __name__ == "__main__":
    main()
