"""Programs that the delivery scripts start, and their own error."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


class DeliveryError(Exception):
    """What stops a delivery step: what was found, and the way out."""


def run(command: Sequence[str], *, cwd: Path | None = None, stdin: str | None = None) -> str:
    """Run a program and return what it printed; DeliveryError with its last lines when it fails or is not there."""
    try:
        done = subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, text=True, check=False)
    except OSError as error:
        raise DeliveryError(f"{command[0]} cannot be started: {error.strerror}; install it or mend the PATH") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-15:]
        raise DeliveryError(f"{' '.join(command[:3])} ended with {done.returncode}: " + "\n".join(said))
    return done.stdout


def git(*arguments: str, cwd: Path | None = None) -> str:
    """Return what git says to the arguments, without the last line's end."""
    return run(["git", *arguments], cwd=cwd).rstrip("\n")


def output(**values: str) -> None:
    """Hand values to later jobs where a workflow runs us, and print them anywhere."""
    lines = "".join(f"{name}={value}\n" for name, value in values.items())
    sys.stdout.write(lines)
    if path := os.environ.get("GITHUB_OUTPUT"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(lines)


def summarise(text: str) -> None:
    """Show a text on the page of the run where a workflow runs us, else print it."""
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n\n")
    else:
        sys.stdout.write(text.rstrip("\n") + "\n")


def main(command: Callable[[Sequence[str]], int]) -> None:
    """End the process with what the command returns; an error of our own is one message and status 1."""
    try:
        sys.exit(command(sys.argv[1:]))
    except DeliveryError as error:
        print(f"delivery: {error}", file=sys.stderr)
        sys.exit(1)
