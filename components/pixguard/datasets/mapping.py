"""A mapping: which column of someone's table is which field of the contract, in which unit, and how labels get known.

A mapping is YAML; README.md in this folder describes it. A broken one raises MappingError with the file, the place in
it, what was found and what was wanted.
"""

import re
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from pixguard.errors import PixguardError
from pixguard.payment.schema import LABEL_FIELDS, PAYMENT_FIELDS, Field, Kind

SHIPPED = Path(__file__).parent
_OPTIONS: dict[Kind, dict[str, tuple[str, ...]]] = {
    Kind.ID: {"derive": ("digits", "digest"), "prefix": ()},
    Kind.TIME: {"zone": (), "fold": ("earliest", "latest"), "format": ("iso", "epoch_s", "epoch_ms", "epoch_us")},
    Kind.AMOUNT: {
        "unit": ("centavos", "brl"),
        "rounding": ("refuse", "half_even"),
        "decimal": (".", ","),
        "zero": ("refuse", "accept"),
        "currency": (),
    },
    Kind.TOKENISED: {"kind": (), "normalise": ("none", "digits", "lower")},
    Kind.CHOICE: {"values": ()},
    Kind.FLAG: {"values": ()},
    Kind.ISPB: {},
    Kind.COUNT: {},
}
_DURATION = re.compile(r"([0-9]+)(d|h|m|s)")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class MappingError(PixguardError):
    """A mapping that is malformed, or that does not fit the table it is used on."""

    def __init__(self, place: str, found: str, wanted: str) -> None:
        super().__init__(f"{place}: found {found}, wanted {wanted}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where one field comes from: a column, and options by name (the defaults are in `apply`)."""

    field: Field
    column: str
    options: Dictionary[str, Any]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads."""
        currency = self.options.get("currency")
        return (self.column, currency) if currency else (self.column,)


@dataclass(frozen=True, slots=True)
class TableMapping:
    """The sources of one table. `lenient`: columns of optional fields may be absent."""

    sources: tuple[Source, ...]
    ignored: tuple[str, ...] = ()
    lenient: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that the mapping reads, each once."""
        return tuple(dict.fromkeys(column for source in self.sources for column in source.columns))


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole mapping. `known_after` is set where labels sit in the payments table itself, known that much later."""

    path: Path
    tokenised: bool
    format: str | None
    csv: Dictionary[str, str]
    payments: TableMapping
    labels: TableMapping | None
    labels_with_payments: bool
    known_after: timedelta | None

    @property
    def payments_input(self) -> TableMapping:
        """What is read from the payments' files: the payment fields, and the labels where they sit there."""
        if self.labels is None or not self.labels_with_payments:
            return self.payments
        return replace(self.payments, sources=self.payments.sources + self.labels.sources)

    @property
    def derived_ids(self) -> bool:
        """Whether ids are derived (`X…`) instead of Pix end-to-end ids."""
        return any("derive" in source.options for source in self.payments.sources)

    @property
    def zero_amounts(self) -> bool:
        """Whether payments of nothing are taken: cards have them, Pix has not."""
        return any(source.options.get("zero") == "accept" for source in self.payments.sources)


def load_mapping(name_or_path: str | Path) -> Mapping:
    """Read a shipped mapping by name (`handbook`) or any by path; raises MappingError."""
    path = Path(name_or_path)
    if path.suffix not in {".yaml", ".yml"}:
        path = SHIPPED / f"{name_or_path}.yaml"
    if not path.is_file():
        names = sorted(file.stem for file in SHIPPED.glob("*.yaml"))
        raise MappingError(str(name_or_path), "no such file", f"a path to a .yaml file, or one of {', '.join(names)}")
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        line = f" (line {mark.line + 1})" if mark else ""
        raise MappingError(f"{path}", f"no valid YAML{line}", "a mapping") from error
    return _Parser(path).mapping(document)


def check_columns(mapping: Mapping, table: TableMapping, present: Sequence[str], where: str) -> None:
    """Raise MappingError unless the columns `present` in the input `where` fit the mapping.

    Each mapped column must be there (unless lenient and optional), and each column that is there must be mapped or
    named under `ignored`: a column that appears unannounced means that the table changed.
    """
    for source in table.sources:
        for column in source.columns:
            if column not in present and not (table.lenient and not source.field.required):
                found = f"no column {column!r} in {where}, which has {', '.join(present) or 'none'}"
                raise MappingError(f"{mapping.path}: {source.field.name}", found, f"{source.field.wanted}")
    strange = [name for name in present if name not in table.columns and name not in table.ignored]
    if strange and "*" not in table.ignored:
        found = f"columns {', '.join(map(repr, strange))} in {where} that it does not mention"
        raise MappingError(str(mapping.path), found, "each column mapped to a field or named under `ignored`")


class _Parser:
    """Turns the YAML document of one file into a Mapping, and knows the file's name for its errors."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def mapping(self, document: Any) -> Mapping:
        top = self._section(document, "", {"tokenised", "format", "csv", "payments", "labels"})
        if "payments" not in top:
            raise self._error("payments", "nothing", "the columns of the payment fields")
        tokenised = self._choice(top.get("tokenised", False), "tokenised", (True, False))
        labels = top.get("labels")
        inside = isinstance(labels, dict) and self._is_inside(labels)
        return Mapping(
            path=self.path,
            tokenised=tokenised,
            format=self._choice(top.get("format"), "format", (None, "parquet", "csv", "jsonl", "pacs008")),
            csv=self._csv(top.get("csv", {})),
            payments=self._table(top["payments"], "payments", PAYMENT_FIELDS),
            labels=None if labels is None else self._labels(labels, inside),
            labels_with_payments=inside,
            known_after=self._known_after(labels) if inside else None,
        )

    def _is_inside(self, labels: Dictionary[str, Any]) -> bool:
        table = self._choice(labels.get("table", "separate"), "labels.table", ("separate", "payments"))
        return bool(table == "payments")

    def _labels(self, section: Any, inside: bool) -> TableMapping:
        if not inside:
            if isinstance(section, dict):
                section = {name: value for name, value in section.items() if name != "table"}
            return self._table(section, "labels", LABEL_FIELDS)
        fields = [field for field in LABEL_FIELDS if field.name in {"is_fraud", "situation"}]
        kept = {name: value for name, value in section.items() if name not in {"table", "known_at"}}
        return self._table(kept, "labels", fields)

    def _known_after(self, labels: Any) -> timedelta:
        known_at = labels.get("known_at")
        after = known_at.get("after") if isinstance(known_at, dict) and set(known_at) == {"after"} else None
        match = _DURATION.fullmatch(after) if isinstance(after, str) else None
        if match is None:
            wanted = "{after: <number>d|h|m|s}, such as {after: 7d}, for labels inside the payments table"
            raise self._error("labels.known_at", _shown(known_at), wanted)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})

    def _table(self, section: Any, place: str, fields: Sequence[Field]) -> TableMapping:
        if section == "contract":
            return TableMapping(tuple(Source(field, field.name, {}) for field in fields), lenient=True)
        by_name = {field.name: field for field in fields}
        section = self._section(section, place, {*by_name, "ignored"})
        for field in fields:
            if field.required and field.name not in section:
                raise self._error(f"{place}.{field.name}", "nothing", f"a column with {field.wanted}")
        ignored = section.get("ignored", [])
        if not (isinstance(ignored, list) and all(isinstance(name, str) for name in ignored)):
            raise self._error(f"{place}.ignored", _shown(ignored), "a list of column names")
        sources = (self._source(by_name[n], value, f"{place}.{n}") for n, value in section.items() if n != "ignored")
        return TableMapping(tuple(sources), tuple(ignored))

    def _source(self, field: Field, value: Any, place: str) -> Source:
        if isinstance(value, str):
            return Source(field, value, {})
        allowed = _OPTIONS[field.kind]
        options = dict(self._section(value, place, {"column", *allowed}))
        column = options.pop("column", None)
        if not isinstance(column, str):
            raise self._error(f"{place}.column", _shown(column), "the name of a column")
        for name, option in options.items():
            self._option(name, option, allowed[name], f"{place}.{name}")
        if ("derive" in options) != ("prefix" in options):
            raise self._error(place, "one of derive and prefix", "both, or none for a Pix end-to-end id")
        return Source(field, column, options)

    def _option(self, name: str, value: Any, choices: tuple[str, ...], place: str) -> None:
        if choices:
            self._choice(value, place, choices)
        elif name == "values":
            if not (isinstance(value, dict) and value):
                raise self._error(place, _shown(value), "found value: contract value, for each value that differs")
        elif not isinstance(value, str):
            raise self._error(place, _shown(value), "text")
        elif name == "zone":
            self._zone(value, place)
        elif name == "prefix" and not re.fullmatch("[A-Z0-9]{1,8}", value):
            raise self._error(place, _shown(value), "1 to 8 capital letters or digits that name the data set")

    def _zone(self, value: str, place: str) -> None:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise self._error(place, _shown(value), "a zone such as UTC or America/Sao_Paulo") from None

    def _csv(self, section: Any) -> Dictionary[str, str]:
        entries = self._section(section, "csv", {"delimiter", "encoding"})
        for name, value in entries.items():
            if not isinstance(value, str) or not value:
                raise self._error(f"csv.{name}", _shown(value), "text")
        return entries

    def _choice(self, value: Any, place: str, choices: tuple[Any, ...]) -> Any:
        if value not in choices or isinstance(value, bool) != isinstance(choices[0], bool):
            raise self._error(place, _shown(value), f"one of {', '.join(map(str, choices))}")
        return value

    def _section(self, value: Any, place: str, allowed: set[str]) -> Dictionary[str, Any]:
        if not isinstance(value, dict):
            raise self._error(place or "the file", _shown(value), f"entries among {', '.join(sorted(allowed))}")
        for name in value:
            if name not in allowed:
                prefix = f"{place}." if place else ""
                raise self._error(f"{prefix}{name}", "an unknown entry", f"one of {', '.join(sorted(allowed))}")
        return value

    def _error(self, place: str, found: str, wanted: str) -> MappingError:
        return MappingError(f"{self.path}: {place}", found, wanted)


def _shown(value: Any) -> str:
    return "nothing" if value is None else f"{value!r}"
