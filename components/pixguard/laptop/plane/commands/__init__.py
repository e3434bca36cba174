"""`pixguard up | status | logs | down`: one module each."""
