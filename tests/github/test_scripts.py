"""The shell scripts that workflows and build specifications call, each run as they run it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.github.conftest import ROOT, Fakes, Git, commit

GH = """
if arguments[:2] == ["run", "list"]:
    built = json.loads((here / "runs.json").read_text())
    print(built.get(arguments[arguments.index("--commit") + 1], ""))
if arguments[:2] == ["run", "download"]:
    folder = Path(arguments[arguments.index("--dir") + 1])
    folder.mkdir(parents=True)
    (folder / "images.json").write_text(arguments[2])
if arguments[0] == "api":
    print("[]" if "--paginate" in arguments else json.dumps({"html_url": "https://github.example/1"}))
return 0
"""


def run(script: str, *arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [cwd / ".ci" / script, *arguments],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def checkout(repository: Path, git: Git, fakes: Fakes) -> Path:
    """A repository with our scripts on main, and a GitHub that knows no run."""
    fakes.put("gh", GH)
    (fakes.folder / "runs.json").write_text("{}")
    shutil.copytree(ROOT / ".ci", repository / ".ci", ignore=shutil.ignore_patterns("__pycache__"))
    commit(git, repository, {".gitignore": "build/\n__pycache__/\n"}, "scripts")
    git(repository, "push", "--quiet", "origin", "main")
    return repository


def built(fakes: Fakes, **runs: int) -> None:
    (fakes.folder / "runs.json").write_text(json.dumps({name: str(run) for name, run in runs.items()}))


def test_need_names_every_program_that_is_missing() -> None:
    done = run("need", "bash", "nonesuch", "neither")
    assert done.returncode == 1
    assert "not on the PATH: nonesuch neither" in done.stderr
    assert run("need", "bash").returncode == 0


def test_the_images_of_a_commit_are_those_that_its_run_built(checkout: Path, git: Git, fakes: Fakes) -> None:
    sha = commit(git, checkout, {"components/x.py": "1\n"}, "code")
    git(checkout, "push", "--quiet", "origin", "main")
    built(fakes, **{sha: 41})
    assert run("images-of-commit", sha, cwd=checkout).returncode == 0
    assert (checkout / "build/images/images.json").read_text() == "41"


def test_a_commit_that_changes_no_image_has_the_images_before_it(checkout: Path, git: Git, fakes: Fakes) -> None:
    code = commit(git, checkout, {"components/x.py": "1\n"}, "code")
    words = commit(git, checkout, {"README.md": "two\n"}, "words")
    git(checkout, "push", "--quiet", "origin", "main")
    built(fakes, **{code: 41})
    assert run("images-of-commit", words, cwd=checkout).returncode == 0
    assert (checkout / "build/images/images.json").read_text() == "41"


def test_older_images_do_not_stand_in_for_a_failed_build(checkout: Path, git: Git, fakes: Fakes) -> None:
    old = commit(git, checkout, {"components/x.py": "1\n"}, "code")
    new = commit(git, checkout, {"components/x.py": "2\n"}, "more code")
    git(checkout, "push", "--quiet", "origin", "main")
    built(fakes, **{old: 41})
    done = run("images-of-commit", new, cwd=checkout)
    assert done.returncode == 1
    assert "no run of images.yml on it succeeded" in done.stderr


def test_what_images_are_made_of_is_the_same_where_they_are_built() -> None:
    script = (ROOT / ".ci" / "images-of-commit").read_text()
    workflow = (ROOT / ".github" / "workflows" / "images.yml").read_text()
    made_of = re.search(r"made_of=\(([^)]+)\)", script)
    paths = re.search(r"paths: \[([^]]+)\]", workflow)
    assert made_of
    assert paths
    assert made_of[1].split() == [path.strip().removesuffix("/**") for path in paths[1].split(",")]


def test_what_is_not_on_main_is_not_released(checkout: Path, git: Git, fakes: Fakes) -> None:
    sha = commit(git, checkout, {"components/x.py": "1\n"}, "not pushed")
    built(fakes, **{sha: 41})
    done = run("images-of-commit", sha, cwd=checkout)
    assert done.returncode == 1
    assert "is not on main" in done.stderr


def test_a_comment_joins_its_files_and_says_which_is_missing(checkout: Path, fakes: Fakes) -> None:
    (checkout / "build").mkdir()
    (checkout / "build" / "a.md").write_text("evidence\n")
    done = run("comment", "promotion", "7", "build/a.md", "build/b.md", cwd=checkout)
    assert done.returncode == 0, done.stderr
    body = json.loads(str(fakes.said()[-1]["stdin"]))["body"]
    assert body == "<!-- pixguard:promotion -->\nevidence\n\n_b.md was not made: the job before failed._\n"


def test_an_issue_is_opened_by_a_text_and_closed_by_none(checkout: Path, fakes: Fakes) -> None:
    text = checkout / "build" / "drift.md"
    text.parent.mkdir()
    text.write_text("a bucket\n")
    assert run("issue", "drift-prod", "Drift in prod", str(text), cwd=checkout).returncode == 0
    assert json.loads(str(fakes.said()[-1]["stdin"]))["title"] == "Drift in prod"
    text.write_text("")
    assert run("issue", "drift-prod", "Drift in prod", str(text), cwd=checkout).stdout == "nothing to close\n"
    text.unlink()
    done = run("issue", "drift-prod", "Drift in prod", str(text), cwd=checkout)
    assert done.returncode == 1
    assert "nothing is opened or closed" in done.stderr


def test_a_scanner_with_another_checksum_is_not_installed(fakes: Fakes, tmp_path: Path) -> None:
    fakes.put("curl", "Path(arguments[arguments.index('--output') + 1]).write_text('something else')\nreturn 0")
    done = run("scanners", str(tmp_path / "bin"))
    assert done.returncode == 1
    assert "has another checksum: not installed" in done.stderr
    assert not (tmp_path / "bin").exists()


def test_every_test_runs_in_one_part_and_in_one_alone(fakes: Fakes, tmp_path: Path) -> None:
    fakes.put("python")
    for folder in ("tests/pipelines", "tests/laptop", "tests/jobs"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci", ignore=shutil.ignore_patterns("__pycache__"))
    assert run("tests", "unit", cwd=tmp_path).returncode == 0
    assert run("tests", "integration", "-x", cwd=tmp_path).returncode == 0
    unit, integration = fakes.calls("python")
    assert unit[2:5] == ["tests", "--ignore=tests/pipelines", "--ignore=tests/laptop"]
    assert integration[2:4] == ["tests/pipelines", "tests/laptop"]
    assert integration[-1] == "-x"
    assert run("tests", "some", cwd=tmp_path).returncode == 2


def test_one_failed_bench_does_not_hide_the_others(fakes: Fakes, tmp_path: Path) -> None:
    fakes.put("make", "return 1 if arguments == ['bench-bad'] else 0")
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "bench").mkdir()
    for name in ("bad", "good", "handbook"):
        (tmp_path / "bench" / f"{name}.py").write_text('if __name__ == "__main__":\n    pass\n')
    (tmp_path / "bench" / "table.py").write_text("")
    done = run("benches", cwd=tmp_path)
    assert fakes.calls("make") == [["bench-bad"], ["bench-good"]]
    assert done.returncode == 1
    assert "failed: bad" in done.stderr


def test_a_make_target_without_its_variable_says_which(tmp_path: Path) -> None:
    variables = {k: v for k, v in os.environ.items() if k not in {"ENVIRONMENT", "BASE", "APPROVED"}}
    for target, told in {
        "plan": "ENVIRONMENT=dev",
        "evidence": "BASE=<commit>",
        "apply-plan": "ENVIRONMENT=dev",
    }.items():
        done = subprocess.run(["make", target], cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert f"say which: {told}" in done.stderr


TERRAFORM = """
root = Path(arguments[0].removeprefix("-chdir="))
(root / ".terraform.lock.hcl").write_text((here / "registry").read_text())
return 0
"""


@pytest.fixture
def roots(checkout: Path, git: Git, fakes: Fakes) -> Path:
    """The two roots, and a Terraform that writes what the registry says."""
    fakes.put("terraform", TERRAFORM)
    (fakes.folder / "registry").write_text("hashes\n")
    commit(git, checkout, {f"{root}/versions.tf": "" for root in ("terraform", "terraform/bootstrap")}, "roots")
    return checkout


def test_a_lock_that_is_missing_is_made_for_every_platform_and_asked_for(roots: Path, fakes: Fakes) -> None:
    done = run("terraform-lock", cwd=roots)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("::warning file=") == 2
    assert (roots / "terraform" / ".terraform.lock.hcl").read_text() == "hashes\n"
    platforms = [part for part in fakes.calls("terraform")[0] if part.startswith("-platform=")]
    assert platforms == ["-platform=linux_amd64", "-platform=linux_arm64", "-platform=darwin_arm64"]


def test_a_lock_in_git_is_held_against_the_registry(roots: Path, git: Git, fakes: Fakes) -> None:
    run("terraform-lock", cwd=roots)
    commit(git, roots, {}, "locks")
    assert (run("terraform-lock", cwd=roots).returncode, run("terraform-lock", cwd=roots).stdout) == (0, "")
    (fakes.folder / "registry").write_text("others\n")
    done = run("terraform-lock", cwd=roots)
    assert done.returncode == 1
    assert (
        "terraform-lock: not what the registry says: terraform/.terraform.lock.hcl terraform/bootstrap" in done.stderr
    )
