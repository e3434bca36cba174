"""Pull requests on GitHub, through PyGithub. A token is never in a message or a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests
from github import Auth, Github, GithubException, GithubRetry, RateLimitExceededException
from github.PullRequest import PullRequest

from pixguard.release.errors import ForgeError, RateLimitError

WAIT_S = 30.0  # for a limit that ends soon; a longer one is an error that says so


@dataclass(frozen=True)
class Pull:
    """A pull request."""

    number: int
    url: str
    branch: str


class Forge:
    """The pull requests of one repository, `owner/name`."""

    def __init__(
        self,
        repository: str,
        token: str,
        api: str = "https://api.github.com",
        *,
        retries: int = 3,
        pause_s: float = 0.25,
    ) -> None:
        retry = GithubRetry(total=retries, max_rate_limit_wait=WAIT_S, secondary_rate_wait=min(WAIT_S, 10))
        self._github = Github(
            base_url=api, auth=Auth.Token(token), timeout=15, retry=retry, lazy=True,
            seconds_between_requests=pause_s, seconds_between_writes=pause_s * 4,
        )  # fmt: skip
        self.name = repository
        self._owner = repository.partition("/")[0]
        self._repository = self._github.get_repo(repository)

    def open_pulls(self, prefix: str) -> list[Pull]:
        """Return the open pull requests from branches whose names begin so."""
        with self._told("list pull requests"):
            return [
                _pull(each) for each in self._repository.get_pulls(state="open") if each.head.ref.startswith(prefix)
            ]

    def ensure(self, branch: str, base: str, title: str, body: str) -> Pull:
        """Return the open pull request of `branch`, made or brought up to date."""
        with self._told(f"open a pull request for {branch}"):
            for each in self._repository.get_pulls(state="open", base=base, head=f"{self._owner}:{branch}"):
                if each.head.ref == branch:
                    if (each.title, each.body) != (title, body):
                        each.edit(title=title, body=body)
                    return _pull(each)
            return _pull(self._repository.create_pull(base=base, head=branch, title=title, body=body))

    def merge(self, pull: Pull, commit: str) -> None:
        """Merge, if its branch is still at `commit`; ForgeError where a reviewer must."""
        with self._told(f"merge {pull.url}"):
            status = self._repository.get_pull(pull.number).merge(sha=commit, merge_method="merge")
            if not status.merged:
                raise ForgeError(f"{pull.url} was not merged: {status.message}; a reviewer must")

    def close(self, pull: Pull, comment: str) -> None:
        """Close a pull request that something else took the place of."""
        with self._told(f"close {pull.url}"):
            found = self._repository.get_pull(pull.number)
            found.create_issue_comment(comment)
            found.edit(state="closed")

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except RateLimitExceededException as error:
            raise RateLimitError(
                f"GitHub limits our calls, could not {what}; try again later: {_said(error)}"
            ) from error
        except GithubException as error:
            raise ForgeError(f"GitHub refused to {what} in {self.name}: {error.status} {_said(error)}") from error
        except requests.RequestException as error:
            raise ForgeError(f"GitHub does not answer, could not {what}: {type(error).__name__}") from error


def _pull(found: PullRequest) -> Pull:
    return Pull(found.number, found.html_url, found.head.ref)


def _said(error: GithubException) -> str:
    data = error.data if isinstance(error.data, dict) else {}
    details = [
        str(each.get("message") or each.get("code")) for each in data.get("errors", ()) if isinstance(each, dict)
    ]
    return "; ".join([str(error.message or data.get("message") or "no reason given"), *details])
