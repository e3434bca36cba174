"""Releases in Git: the branch, the store of versions, pull requests, the history."""
