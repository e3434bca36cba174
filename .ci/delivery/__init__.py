"""What the workflows and build specifications call: the standard library alone, so that a job starts in a second."""
