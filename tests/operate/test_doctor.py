"""The doctor finds nothing in a healthy store, and exactly the one thing that was broken."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.config import Settings
from app.kernel.db import Database
from app.operate import doctor
from app.operate.patient import FEW, Finding, Patient
from tests.audit.test_reading import tampered
from tests.command import entente
from tests.conftest import Prepare, Prepared, Served
from tests.helpers import make_actor, make_claim, make_webhook, patch
from tests.hostile.world import make_world
from tests.operate.found import DURABILITY, found
from tests.stores import Store


@pytest.fixture(scope="module")
def small(prepare: Prepare) -> Prepared:
    """Records of every kind, as many as it takes: a check reads every row."""
    return prepare(make_world)


@pytest.fixture
def patient(store: Store, served: Served, small: Prepared) -> Iterator[Patient]:
    """A few records of every kind, as someone worked on them."""
    url = store.lend(small.url)
    with served.at(url) as database:  # which has every statement of the checks once they are built
        yield Patient(Settings(database_url=url, pool_size=2), database)
    store.take_back(url)


def damage(patient: Patient, *statements: str) -> list[Finding]:
    """What is found after statements were executed."""
    engine = patient.database.engine
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # On the driver's own connection, for there is no transaction yet.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]  # it is there
        connection.execution_options(entente_writing=True)
        for statement in statements:
            connection.execute(sa.text(statement))
        connection.commit()
    engine.dispose()
    return found(patient)


def broken(patient: Patient, *statements: str) -> list[str]:
    """Which checks find something after statements were executed."""
    return sorted({one.check for one in damage(patient, *statements)})


def test_the_default_data_are_healthy(store: Store, served: Served, loaded_template: str) -> None:
    url = store.make(loaded_template)
    with served.at(url) as database:
        assert found(Patient(Settings(database_url=url), database)) == []
    store.drop(url)


def test_a_few_records_of_every_kind_are_healthy(patient: Patient) -> None:
    assert found(patient) == []


NOBODY = "00000000-0000-7000-8000-000000000000"
LINK = "(owner, field, position, target, at, recorded_at)"
BREAKS = {
    "a version is missing": (
        "histories",
        "UPDATE claims SET version = 3 WHERE ref = 'C01'",
    ),
    "a link is missing": (
        "links_index",
        "DELETE FROM links WHERE field = 'claims.about' AND position = 0",
    ),
    "a link leads elsewhere": (
        "links_index",
        "UPDATE links SET target = 'nowhere' WHERE field = 'claims.about' AND position = 0",
    ),
    "a link is of no record": (
        "links_index",
        f"INSERT INTO links {LINK} VALUES ('{NOBODY}', 'x', 0, 'y', '2020-01-01', '2020-01-01')",  # noqa: S608 - ours
    ),
    "a search entry has another title": (
        "search_entries",
        "UPDATE search_entries SET title = 'Another' WHERE kind = 'actors'",
    ),
    "a search entry is of another marking": (
        "search_entries",
        "UPDATE search_entries SET marking = 2 WHERE kind = 'actors'",
    ),
    "a judgement was moved": (
        "kept_judgements",
        "UPDATE judgements SET log_odds = 0.5 WHERE ended_at IS NULL",
    ),
    "a judgement is missing": ("kept_judgements", "DELETE FROM judgements WHERE n = 1"),
    "a record is from the future": (
        "clock",
        "UPDATE items SET recorded_at = '2199-01-01 00:00:00.000000'",
    ),
    "the schema is another": ("schema", "UPDATE alembic_version SET version_num = '9999'"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_one_broken_thing_is_found_and_nothing_else(patient: Patient, name: str) -> None:
    check, statement = BREAKS[name]
    expected = {check}
    if check in {"clock", "histories"}:
        expected.add("audited_records")  # records were changed past the service, too
    if check == "clock":
        expected.add("search_entries")  # an entry carries the time of its record
    if check == "histories":
        expected.add("change_sequence")
    assert set(broken(patient, statement)) == expected


def test_a_version_that_ended_before_the_next_began_is_found(
    client: TestClient, database: Database, settings: Settings
) -> None:
    claim = make_claim(client)["id"]
    patch(client, f"claims/{claim}", note="Once.")
    patch(client, f"claims/{claim}", note="Twice.")
    patient = Patient(settings, database)
    statement = "UPDATE claims_history SET superseded_at = '2020-01-01 00:00:00.000000'"
    (finding,) = damage(patient, f"{statement} WHERE version = 2")
    assert (finding.check, finding.where) == ("histories", f"claims {claim}")
    told = damage(patient, "DELETE FROM claims_history WHERE version = 1")
    assert [one.check for one in told] == ["histories", "histories"]


def test_a_past_without_a_record_is_found(
    client: TestClient, database: Database, settings: Settings
) -> None:
    claim = make_claim(client)["id"]
    patch(client, f"claims/{claim}", note="Once.")
    checks = broken(Patient(settings, database), "DELETE FROM claims")
    assert checks == ["audited_records", "histories", "search_entries"]


def test_many_findings_of_one_kind_are_cut_short(patient: Patient) -> None:
    told = damage(patient, "DELETE FROM search_entries")
    assert {one.check for one in told} == {"search_entries"}
    assert len(told) == FEW + 1
    assert told[-1].what == "there are more findings like these"


AHEAD = "7fffffff-ffff-7000-8000-000000000000"
SEQUENCES = {
    "a version isn't told of": (
        "change_sequence",
        "DELETE FROM events WHERE kind = 'claims' AND version = 2 AND type = 'updated'",
    ),
    "its versions aren't told of in order": (
        "change_sequence",
        "UPDATE events SET version = 4 - version WHERE kind = 'claims'",
    ),
    "its position is of": (
        "change_sequence",
        f"UPDATE events SET id = '{AHEAD}' WHERE version = 3",  # noqa: S608 - ours
    ),
    "is no position": (
        "change_sequence",
        "UPDATE events SET id = '00000000-0000-4000-8000-000000000000' WHERE kind = 'actors'",
    ),
    "stands behind the newest event": (
        "change_sequence",
        f"UPDATE webhooks SET last_event = '{AHEAD}'",  # noqa: S608 - ours
    ),
    "isn't what the last act upon it left": (
        "audited_records",
        "UPDATE claims SET modality = 'denied'",
    ),
    "doesn't fit; the 2 before it do": (
        "audit_chain",
        "UPDATE audit SET principal = 'nobody' WHERE number = 3",
    ),
}


@pytest.mark.parametrize("what", SEQUENCES)
def test_a_broken_sequence_is_found_and_what_is_wrong_with_it(
    client: TestClient, database: Database, settings: Settings, what: str
) -> None:
    check, statement = SEQUENCES[what]
    make_actor(client)
    claim = make_claim(client)["id"]
    patch(client, f"claims/{claim}", note="Once.")
    patch(client, f"claims/{claim}", note="Twice.")
    make_webhook(client)
    tampered(database, statement)
    first, *others = found(Patient(settings, database))
    assert first.check == check
    assert first.what.startswith(what)
    assert {other.check for other in others} <= {check}


def test_a_webhook_that_waits_for_events_that_never_were_is_found(
    client: TestClient, database: Database, settings: Settings
) -> None:
    make_webhook(client)
    tampered(database, f"UPDATE webhooks SET last_event = '{AHEAD}'")  # noqa: S608 - ours
    (finding,) = found(Patient(settings, database))
    assert finding.what.startswith("stands behind the newest event")


def test_the_guarantees_of_a_connection_are_checked(patient: Patient, store: Any) -> None:
    if store.name != "sqlite":
        pytest.skip("of SQLite")
    database = Database.of(patient.settings)
    sa.event.listen(
        database.engine,
        "connect",
        lambda connection, _: connection.execute("PRAGMA synchronous=NORMAL"),
    )
    (finding,) = found(Patient(patient.settings, database))
    database.close()
    assert finding.check == "sqlite_pragmas"
    assert "synchronous is 1" in finding.what


def test_a_key_that_leads_nowhere_is_found(patient: Patient, store: Any) -> None:
    if store.name != "sqlite":
        pytest.skip("PostgreSQL keeps its keys whatever it is told")
    statement = f"UPDATE exchanges SET item = '{NOBODY}'"  # noqa: S608 - ours
    assert broken(patient, statement) == ["audited_records", "sqlite_file"]


def test_an_index_that_lacks_words_is_found(patient: Patient, store: Any) -> None:
    if store.name != "sqlite":
        pytest.skip("PostgreSQL keeps its indexes itself")
    statement = "INSERT INTO search_index(search_index) VALUES ('delete-all')"
    assert broken(patient, statement) == ["search_index"]


def test_a_file_that_was_overwritten_is_found(patient: Patient, store: Any) -> None:
    if store.name != "sqlite":
        pytest.skip("of SQLite")
    patient.database.close()
    path = Path(sa.make_url(patient.settings.database_url).database or "")
    with path.open("r+b") as file:
        file.seek(40 * 4096)
        file.write(b"\xff" * 4096)
    checks = {one.check for one in doctor.examine(patient, doctor.CHECKS[:3])}
    assert "sqlite_file" in checks


def test_a_database_that_does_not_answer_is_told(settings: Settings, store: Any) -> None:
    url = (
        "sqlite:////nowhere/at/all.db"
        if store.name == "sqlite"
        else sa.make_url(settings.database_url)
        .set(database="nowhere")
        .render_as_string(hide_password=False)
    )
    away = settings.model_copy(update={"database_url": url})
    database = Database.of(away)
    assert [one.check for one in doctor.examine(Patient(away, database))] == ["connection"]
    database.close()


def test_what_can_be_lost_is_warned_of(patient: Patient, store: Any) -> None:
    told = [one for one in doctor.examine(patient) if one.check == DURABILITY]
    if store.name == "sqlite":
        assert told == []
    else:
        assert [one.what.split()[0] for one in told] == [
            "fsync", "full_page_writes", "synchronous_commit",
        ]  # fmt: skip
        assert {one.severity for one in told} == {"warning"}


def test_a_pool_larger_than_the_server_is_warned_of(patient: Patient, store: Any) -> None:
    if store.name == "sqlite":
        pytest.skip("of PostgreSQL")
    settings = patient.settings.model_copy(update={"pool_size": 200})
    checks = [one.check for one in found(Patient(settings, patient.database))]
    assert checks == ["postgres_room"]


def test_the_command_tells_it_and_its_exit_code_says_so(patient: Patient, store: Any) -> None:
    url = patient.settings.database_url
    well = entente(url, "doctor", "--json")
    document = json.loads(well.stdout)
    if store.name == "sqlite":
        assert well.exit_code == 0
        assert document["healthy"] is True
        told = entente(url, "doctor")
        assert told.stdout == f"Healthy: {len(document['checks'])} checks found nothing.\n"
    broken(patient, "UPDATE judgements SET n = 99")
    ill = entente(url, "doctor", dataset="unheard-of")
    assert ill.exit_code == 1
    lines = [line for line in ill.stdout.splitlines() if DURABILITY not in line]
    assert lines[0].startswith("error: configuration: there is no data set 'unheard-of'")
    assert lines[1].startswith("error: kept_judgements: ")


def test_every_check_is_told_by_its_own_name(patient: Patient) -> None:
    report = doctor.report(patient)
    names: list[Callable[..., Any]] = [*doctor.FIRST, *doctor.CHECKS]
    assert report.checks == [check.__name__ for check in names]
    assert len(set(report.checks)) == len(report.checks)
