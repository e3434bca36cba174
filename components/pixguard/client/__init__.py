"""A client of the scoring API: a payment in, a typed answer out, within a deadline.

```python
from pixguard.client import Client

with Client("http://fraud.bank.internal", timeout_s=0.5) as client:
    answer = client.decide(payment)
    if answer.decision is Decision.REJECT: ...
```

It needs httpx (`pip install pixguard[client]`), and of the package only the payment's contract.
"""

from pixguard.client.answer import Answer, Decision, Reason
from pixguard.client.errors import (
    AnswerError,
    BusyError,
    ClientError,
    ConflictError,
    RefusedError,
    ServerError,
    UnreachableError,
)
from pixguard.client.http import Client

__all__ = [
    "Answer",
    "AnswerError",
    "BusyError",
    "Client",
    "ClientError",
    "ConflictError",
    "Decision",
    "Reason",
    "RefusedError",
    "ServerError",
    "UnreachableError",
]
