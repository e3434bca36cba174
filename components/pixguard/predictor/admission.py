"""The bound on payments that wait: beyond it a request is refused at once, so that those admitted stay quick."""

from __future__ import annotations

from pixguard.predictor.errors import InputError, OverloadError

MAX_WAITING = 64
MAX_BATCH = 64


class Admission:
    """Counts payments from their admission to their answer."""

    def __init__(self, max_waiting: int = MAX_WAITING, max_batch: int = MAX_BATCH) -> None:
        self.max_waiting, self.max_batch = max_waiting, max_batch
        self.waiting = 0

    def check_batch(self, payments: int) -> None:
        """InputError for a batch that no server of this size takes."""
        if payments > self.max_batch:
            raise InputError(f"instances: found {payments} payments, wanted at most {self.max_batch}", "instances")

    def enter(self, payments: int) -> None:
        """Admit payments, or OverloadError; a batch is always let in where nothing else waits."""
        if self.waiting and self.waiting + payments > self.max_waiting:
            raise OverloadError(f"{self.waiting} payments wait, which is all this replica takes: try again in a second")
        self.waiting += payments

    def leave(self, payments: int) -> None:
        """Note that payments were answered or given up."""
        self.waiting -= payments
