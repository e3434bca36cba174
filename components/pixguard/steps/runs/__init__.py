"""What is done with a pipeline: find it, compile it, run it here, send it to a KFP server."""
