"""The Great Expectations suites: built from rules and figures, run, and rendered as Data Docs.

The only module that imports Great Expectations, which takes seconds: import it where it runs.
"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read at its import: nothing leaves this machine

import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.data_context.types.base import ProgressBarsConfig

from pixguard.expectations.parts import Expected, Judgement, Part

_SITE = "report"
logging.getLogger("great_expectations").setLevel(logging.WARNING)  # what it registers at its start is no news


def judge(parts: Sequence[Part], folder: Path) -> tuple[tuple[Judgement, ...], ...]:
    """Judge every part, write the Data Docs to `folder` and return the judgements by part, in order."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    for site in tuple(context.get_site_names()):
        context.delete_data_docs_site(site)
    context.add_data_docs_site(site_name=_SITE, site_config=_site(folder))
    source = context.data_sources.add_pandas("lake")
    judged = tuple(_judge_part(context, source, part) for part in parts)
    context.build_data_docs(site_names=[_SITE])
    return judged


def _site(folder: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }


def _judge_part(context: Any, source: Any, part: Part) -> tuple[Judgement, ...]:
    suite = gx.ExpectationSuite(name=part.name)
    for place, one in enumerate(part.expected):
        expectation = getattr(gxe, one.kind)(**one.arguments, notes=one.note or None, meta={"place": place})
        suite.add_expectation(expectation)
    batch = source.add_dataframe_asset(part.name).add_batch_definition_whole_dataframe("whole")
    definition = gx.ValidationDefinition(name=part.name, data=batch, suite=context.suites.add(suite))
    detail: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": 5}
    if part.row_id is not None:
        detail["unexpected_index_column_names"] = [part.row_id]
    run = context.validation_definitions.add(definition)
    outcome = run.run(batch_parameters={"dataframe": part.frame}, result_format=detail)
    by_place = {result.expectation_config.meta["place"]: result for result in outcome.results}
    return tuple(_judgement(by_place[place], one, part.row_id) for place, one in enumerate(part.expected))


def _judgement(result: Any, expected: Expected, row_id: str | None) -> Judgement:
    failure = result.exception_info.get("exception_message")
    words = f"{result.expectation_config.type}({_words(expected.arguments)})" + (
        f" failed: {failure}" if failure else ""
    )
    rows = result.result.get("partial_unexpected_index_list") or []
    ids = dict.fromkeys(str(row[row_id]) for row in rows) if row_id else {}
    return Judgement(bool(result.success), words, tuple(ids))


def _words(arguments: dict[str, Any]) -> str:
    known = (f"{name}={value}" for name, value in arguments.items() if value is not None and name != "ignore_row_if")
    return ", ".join(known)
