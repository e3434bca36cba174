"""The floor: a stock KServe server whose model returns a constant."""

from typing import Any

import kserve


class Constant(kserve.Model):  # type: ignore[misc]
    def load(self) -> bool:
        self.ready = True
        return True

    def predict(self, payload: Any, headers: Any = None) -> Any:
        return {"predictions": [0.5 for _ in payload["instances"]]}


if __name__ == "__main__":
    model = Constant("pix-fraud")
    model.load()
    kserve.ModelServer().start([model])
