"""What ties a Terraform plan to the commit it was made of: pure functions of bytes and text.

The binding is the SHA-256 of a record that names environment, commit, plan file and provider lock by their own digests.
It travels apart from the files (a job's output, a pipeline's variable), so files that were exchanged together, record
and all, no longer match what was approved.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass

from delivery.shell import DeliveryError

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The facts that a plan is bound to."""

    environment: str
    commit: str
    plan_sha256: str
    lock_sha256: str
    terraform: str
    changes: bool
    schema: int = SCHEMA

    def text(self) -> str:
        """Return the record's one spelling."""
        return json.dumps(asdict(self), sort_keys=True, indent=2) + "\n"

    @property
    def binding(self) -> str:
        """The digest that an approval approves."""
        return digest(self.text().encode())


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes in hex."""
    return hashlib.sha256(content).hexdigest()


def read(text: str, approved: str) -> Record:
    """Return the record in a text if it is the approved one, to the byte; DeliveryError otherwise."""
    if not re.fullmatch("[0-9a-f]{64}", approved):
        raise DeliveryError("the approved binding is not a SHA-256 in hex: take it from the job that made the plan")
    if digest(text.encode()) != approved:
        raise DeliveryError("this is not the plan that was approved: its record has another digest; plan again")
    try:
        return Record(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise DeliveryError("the record is of another version of these scripts: plan again") from error


def check(record: Record, **found: str) -> None:
    """Return if every fact found at apply time is the one recorded; DeliveryError names the first that is not."""
    for name, value in found.items():
        recorded = getattr(record, name)
        if recorded != value:
            raise DeliveryError(f"{name} was {recorded} when the plan was made and is {value} now: plan again")
