"""`python -m pixguard.predictor --model_dir DIR`: serve one model version until SIGTERM."""

from __future__ import annotations

import logging
import sys

from pixguard.errors import PixguardError
from pixguard.predictor.options import parse

log = logging.getLogger("pixguard.predictor")


def main() -> int:
    """Run the process; returns its exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    try:
        options = parse()
        from pixguard.predictor.server import serve  # noqa: PLC0415 - --help answers at once

        serve(options)
    except PixguardError as error:
        log.error("%s", error)
        return 2
    except OSError as error:
        log.error("cannot listen: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
