"""`plan make` plans an environment and binds the plan to the commit; `plan apply` applies that plan and no other."""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from delivery import binding, plan_text
from delivery.shell import DeliveryError, git, main, output, run, summarise

ROOT = Path("terraform")
PLAN, RECORD, TEXT, JSON = "plan.tfplan", "record.json", "plan.txt", "plan.json"
LOCK = ".terraform.lock.hcl"


def make(environment: str, out: Path, root: Path = ROOT) -> binding.Record:
    """Plan an environment into a folder: the plan, its text, its JSON and the record that binds it to the commit.

    The JSON may hold sensitive values in clear: it serves the policies of this job and is not for an artifact.
    """
    commit = _clean_commit(root)
    out.mkdir(parents=True, exist_ok=True)
    plan = (out / PLAN).resolve()
    _init(environment, root)
    variables = f"-var-file=envs/{environment}.tfvars"
    run(["terraform", "plan", "-input=false", "-no-color", "-lock-timeout=120s", variables, f"-out={plan}"], cwd=root)
    (out / TEXT).write_text(run(["terraform", "show", "-no-color", str(plan)], cwd=root), encoding="utf-8")
    document = json.loads(run(["terraform", "show", "-json", str(plan)], cwd=root))
    (out / JSON).write_text(json.dumps(document), encoding="utf-8")
    record = binding.Record(
        environment=environment,
        commit=commit,
        plan_sha256=binding.digest(plan.read_bytes()),
        lock_sha256=_lock(root),
        terraform=_version(root),
        changes=plan_text.changes_anything(document),
    )
    (out / RECORD).write_text(record.text(), encoding="utf-8")
    return record


def apply(environment: str, folder: Path, approved: str, root: Path = ROOT) -> None:
    """Apply the plan in a folder if its record is the approved one and everything recorded still holds."""
    record = binding.read(_text(folder / RECORD), approved)
    content = _bytes(folder / PLAN)
    binding.check(
        record,
        environment=environment,
        commit=_clean_commit(root),
        plan_sha256=binding.digest(content),
        lock_sha256=_lock(root),
        terraform=_version(root),
    )
    _init(environment, root)
    with tempfile.TemporaryDirectory() as private:  # the bytes that were checked, where nobody else writes
        checked = Path(private) / PLAN
        checked.write_bytes(content)
        run(["terraform", "apply", "-input=false", "-no-color", "-lock-timeout=120s", str(checked)], cwd=root)


def _init(environment: str, root: Path) -> None:
    backend = f"-backend-config=envs/{environment}.tfbackend"
    run(["terraform", "init", "-input=false", "-no-color", "-reconfigure", "-lockfile=readonly", backend], cwd=root)


def _clean_commit(root: Path) -> str:
    dirty = git("status", "--porcelain", "--untracked-files=all", "--", ".", cwd=root)
    if dirty:
        raise DeliveryError(f"{root} differs from the commit, so no plan of it can be bound to one:\n{dirty}")
    return git("rev-parse", "HEAD", cwd=root)


def _version(root: Path) -> str:
    said: dict[str, Any] = json.loads(run(["terraform", "version", "-json"], cwd=root))
    return str(said["terraform_version"])


def _lock(root: Path) -> str:
    return binding.digest(_bytes(root / LOCK))


def _text(path: Path) -> str:
    return _bytes(path).decode("utf-8", errors="replace")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DeliveryError(f"{path} cannot be read: {error.strerror}") from error


def _command(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["make", "apply"])
    parser.add_argument("--environment", required=True, choices=["dev", "staging", "prod"])
    parser.add_argument("--folder", required=True, type=Path, help="where the plan and its record are")
    parser.add_argument("--approved", default="", metavar="BINDING", help="the binding that `make` printed")
    parser.add_argument("--root", default=ROOT, type=Path, help="Terraform's root module (default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.action == "apply":
        apply(options.environment, options.folder, options.approved, options.root)
        return 0
    record = make(options.environment, options.folder, options.root)
    document = json.loads((options.folder / JSON).read_text(encoding="utf-8"))
    text = plan_text.describe(document, record, _text(options.folder / TEXT))
    (options.folder / "comment.md").write_text(text, encoding="utf-8")
    summarise(text)
    output(binding=record.binding, changes=str(record.changes).lower())
    return 0


if __name__ == "__main__":
    main(_command)
