"""Jobs: one verb each, run as `python -m pixguard.jobs.<verb>`; they parse, read, call and write."""
