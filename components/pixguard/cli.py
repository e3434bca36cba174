"""`pixguard …`: the command line. What a command needs is imported when it runs, so that --help answers at once."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pixguard.errors import PixguardError, UsageError

STATE = Path("build")
# Commands that are a module with a `main`, which itself reads the rest of the line.
COMMANDS = {
    "simulate": "pixguard.jobs.simulate_payments",
    "demo": "pixguard.laptop.demo",
    "story": "pixguard.laptop.story",
    "up": "pixguard.laptop.plane.commands.up",
    "status": "pixguard.laptop.plane.commands.status",
    "logs": "pixguard.laptop.plane.commands.logs",
    "down": "pixguard.laptop.plane.commands.down",
    "propose": "pixguard.jobs.propose_version",
    "advance": "pixguard.jobs.advance_canary",
    "rollback": "pixguard.jobs.roll_back",
    "history": "pixguard.jobs.show_history",
    "retraining": "pixguard.jobs.show_retraining",
    "backfill": "pixguard.jobs.backfill_state",
    "stream": "pixguard.jobs.stream_features",
    "parity": "pixguard.jobs.check_parity",
    "explain": "pixguard.jobs.explain_decision",
    "audit": "pixguard.jobs.audit_version",
    "verify": "pixguard.jobs.verify_decisions",
    "retain": "pixguard.jobs.retain_decisions",
    "erase": "pixguard.jobs.erase_person",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 for an error of our own, 2 for a call that makes no sense, 130 when interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        return _dispatch(arguments)
    except PixguardError as error:
        if debug:
            raise
        print(f"pixguard: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        print("pixguard: interrupted", file=sys.stderr)
        return 130


def _dispatch(arguments: list[str]) -> int:
    if arguments and arguments[0] in COMMANDS:
        module = importlib.import_module(COMMANDS[arguments[0]])
        return int(module.main(arguments[1:]) or 0)
    options = _parser().parse_args(arguments)
    return int(options.command(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pixguard", description="Is this Pix payment fraud? Train, prove, release, watch."
    )
    parser.add_argument("--debug", action="store_true", help="show the whole traceback of an error")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        commands.add_parser(name, add_help=False, help=f"{_verb(module)} (pixguard {name} --help)")
    _add_run(commands)
    _add_submit(commands)
    _add_compile(commands)
    _add_keys(commands)
    return parser


def _verb(module: str) -> str:
    return module.rpartition(".")[2].replace("_", " ")


Commands = argparse._SubParsersAction  # argparse has no public name for what add_subparsers returns


def _add_run(commands: "Commands[argparse.ArgumentParser]") -> None:
    run = commands.add_parser("run", help="run a pipeline on this machine")
    _add_pipeline(run)
    run.add_argument("--state", type=Path, default=STATE, help="folder for runs and cache (default: %(default)s)")
    run.add_argument("--cache", action="store_true", help="reuse steps that ran before: same inputs, same code")
    run.add_argument("--verbose", action="store_true", help="print all that the steps say")
    run.set_defaults(command=_run)


def _add_submit(commands: "Commands[argparse.ArgumentParser]") -> None:
    submit = commands.add_parser("submit", help="send a pipeline to a KFP API server (token: PIXGUARD_KFP_TOKEN)")
    _add_pipeline(submit)
    submit.add_argument("--host", required=True, metavar="URL", help="address of the KFP API server")
    submit.add_argument("--experiment", default="pixguard", help="KFP experiment (default: %(default)s)")
    submit.add_argument("--registry", default="", help="take the images from this registry")
    submit.add_argument(
        "--gpus", action="append", default=[], metavar="STEP=COUNT", help="GPUs of a step, such as train_model=1"
    )
    submit.add_argument("--service-account", metavar="NAME", help="run as this account (default: the server's)")
    submit.add_argument("--no-cache", action="store_true", help="run every step anew")
    submit.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="wait so long for the end of the run")
    submit.set_defaults(command=_submit)


def _add_compile(commands: "Commands[argparse.ArgumentParser]") -> None:
    compile_ = commands.add_parser("compile", help="compile pipelines to YAML for a KFP server")
    compile_.add_argument("pipelines", nargs="*", metavar="PIPELINE", help="names (default: all)")
    compile_.add_argument("--out", type=Path, default=STATE / "pipelines", help="folder (default: %(default)s)")
    compile_.add_argument("--registry", default="", help="take the images from this registry")
    compile_.set_defaults(command=_compile)


def _add_keys(commands: "Commands[argparse.ArgumentParser]") -> None:
    keys = commands.add_parser("keys", help="make the key file that turns clear identifiers into tokens")
    keys.add_argument("path", type=Path, help="file to make, readable by you only; one that exists stays as it is")
    keys.set_defaults(command=_keys)


def _add_pipeline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pipeline", help="name of a file in pipelines/, or the path of one")
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the pipeline"
    )


def _run(options: argparse.Namespace) -> int:
    from pixguard.steps.runs import definition, interrupts, local

    pipeline = definition.load_pipeline(options.pipeline)
    parameters = definition.read_parameters(pipeline, options.param)
    interrupts.end_children_on_sigterm()
    run = local.run_pipeline(pipeline, parameters, state=options.state, caching=options.cache, verbose=options.verbose)
    for step, numbers in run.metrics.items():
        print(f"{step}: " + ", ".join(f"{name} {value:,.6g}" for name, value in numbers.items()))
    print(f"{run.pipeline} succeeded in {sum(step.seconds for step in run.steps):.1f} s; {run.folder}")
    return 0


def _submit(options: argparse.Namespace) -> int:
    import tempfile

    from pixguard.steps.runs import compile as compilation
    from pixguard.steps.runs import definition, remote

    pipeline = definition.load_pipeline(options.pipeline)
    parameters = definition.read_parameters(pipeline, options.param)
    with tempfile.TemporaryDirectory() as folder:
        package = compilation.compile_pipeline(
            pipeline,
            Path(folder),
            registry=options.registry,
            caching=not options.no_cache,
            gpus=definition.read_gpus(options.gpus),
        )
        run = remote.submit_pipeline(
            package,
            parameters,
            host=options.host,
            experiment=options.experiment,
            token=os.environ.get("PIXGUARD_KFP_TOKEN"),
            service_account=options.service_account,
            wait_s=options.wait,
        )
    print(f"{pipeline.name}: {run.state} {run.page}")
    return 1 if run.state in {"FAILED", "CANCELED"} else 0


def _compile(options: argparse.Namespace) -> int:
    from pixguard.steps.runs import compile as compilation
    from pixguard.steps.runs import definition

    for name in options.pipelines or definition.pipeline_names():
        print(compilation.compile_pipeline(definition.load_pipeline(name), options.out, registry=options.registry))
    return 0


def _keys(options: argparse.Namespace) -> int:
    from pixguard.privacy import create_keyring

    ring = create_keyring(options.path)
    print(f"{options.path}: key version {ring.current}; keep it apart from the data, and do not lose it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
