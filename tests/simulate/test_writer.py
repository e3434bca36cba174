import json

import pyarrow.parquet as pq
import pytest

from pixguard.payment import LABEL_SCHEMA, PAYMENT_SCHEMA
from pixguard.simulate import SimulationConfig, simulate, writer
from pixguard.simulate.writer import FILES, MANIFEST, SimulationExistsError, is_kept, write

CONFIG = SimulationConfig(payments=1_500, days=5, seed=1)
OTHER = SimulationConfig(payments=1_500, days=5, seed=2)


@pytest.fixture(scope="module")
def made():
    return simulate(CONFIG)


def test_files_hold_the_tables_and_the_contract_s_schemas(tmp_path, made):
    write(made, CONFIG, tmp_path / "deep" / "out")
    folder = tmp_path / "deep" / "out"
    assert sorted(p.name for p in folder.iterdir()) == sorted(FILES)
    payments = pq.read_table(folder / "payments.parquet")
    assert payments.schema.equals(PAYMENT_SCHEMA)
    assert payments.equals(made.payments)
    assert pq.read_schema(folder / "labels.parquet").equals(LABEL_SCHEMA)
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["rows"]["payments.parquet"] == CONFIG.payments
    assert manifest["fingerprint"] == CONFIG.fingerprint
    assert not list(folder.parent.glob(".*"))


def test_a_kept_simulation_is_known_and_another_is_never_overwritten_by_accident(tmp_path, made):
    folder = tmp_path / "out"
    assert not is_kept(folder, CONFIG)
    write(made, CONFIG, folder)
    assert is_kept(folder, CONFIG)
    with pytest.raises(SimulationExistsError, match="another configuration: add --replace"):
        is_kept(folder, OTHER)
    assert not is_kept(folder, OTHER, replace=True)


def test_an_incomplete_simulation_is_made_again(tmp_path, made):
    write(made, CONFIG, tmp_path / "out")
    (tmp_path / "out" / "labels.parquet").unlink()
    assert not is_kept(tmp_path / "out", CONFIG)
    write(made, CONFIG, tmp_path / "out")
    assert is_kept(tmp_path / "out", CONFIG)


@pytest.mark.parametrize("replace", [False, True])
def test_files_of_somebody_else_stay(tmp_path, replace):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(SimulationExistsError, match="no simulation wrote"):
        is_kept(tmp_path, CONFIG, replace)


def test_an_unreadable_manifest_is_named(tmp_path):
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(SimulationExistsError, match=MANIFEST):
        is_kept(tmp_path, CONFIG)


def test_a_full_disk_leaves_the_old_simulation_and_nothing_half(tmp_path, made, monkeypatch):
    folder = tmp_path / "out"
    write(made, CONFIG, folder)
    real = writer.pq.write_table

    def full(table, path, **options):
        if path.name == "labels.parquet":
            raise OSError(28, "No space left on device")
        real(table, path, **options)

    monkeypatch.setattr(writer.pq, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        write(made, OTHER, folder)
    assert is_kept(folder, CONFIG)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
