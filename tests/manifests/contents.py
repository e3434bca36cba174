"""What an image's environment holds, and how its programs fare with that alone: everything else is hidden from them."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions

from packaging.requirements import Requirement

from .rendering import ROOT

_HIDE = """
import sys
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"{name} is not in the image", name=name)
sys.meta_path.insert(0, Hide())
"""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed(target: str) -> list[Requirement]:
    """What the Dockerfile installs into a target's environment."""
    stage = (
        (ROOT / "components" / "Dockerfile").read_text().partition(f"AS {target}-environment")[2].partition("FROM ")[0]
    )
    (extras,) = re.findall(r'install --constraint requirements.lock "pixguard\[([a-z,]+)\] @', stage)
    return [Requirement(f"pixguard[{extras}]")]


def needed(roots: Iterable[Requirement]) -> set[str]:
    """Distributions that some requirements bring along, by what the installed ones say they need."""
    asked: dict[str, set[str]] = {}
    waiting = list(roots)
    while waiting:
        one = waiting.pop()
        name = canonical(one.name)
        if name in asked and one.extras <= asked[name]:
            continue
        extras = asked.setdefault(name, set())
        extras |= one.extras
        try:
            needs = _ours() if name == "pixguard" else [Requirement(text) for text in distribution(name).requires or ()]
        except PackageNotFoundError:
            continue
        waiting += [need for need in needs if need.marker is None
                    or any(need.marker.evaluate({"extra": extra}) for extra in (*extras, ""))]  # fmt: skip
    return set(asked)


def _ours() -> list[Requirement]:
    """What pyproject.toml says: the environment may have been made before its last change."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = [Requirement(text) for text in project["dependencies"]]
    for extra, texts in project["optional-dependencies"].items():
        needs += [Requirement(f'{text} ; extra == "{extra}"') for text in texts]
    return needs


def imported(modules: Iterable[str], held: set[str]) -> str:
    """Import modules (with `.*`: and all below) where only some distributions are; return what was said."""
    hidden = {top for top, by in packages_distributions().items() if not held & {canonical(name) for name in by}}
    code = f"hidden = {sorted(hidden)!r}{_HIDE}import importlib, pkgutil\n"
    for module in modules:
        name = module.removesuffix(".*")
        code += f"found = importlib.import_module({name!r})\n"
        if name != module:
            code += f"for each in pkgutil.walk_packages(found.__path__, {name + '.'!r}):\n"
            code += "    if not each.name.endswith('__main__'): importlib.import_module(each.name)\n"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]
