import base64
from pathlib import Path

import pytest

from chassis.settings import LOCAL_PII_KEY, Settings


class SampleSettings(Settings, service="sample"):
    horizon: int = 400


RIGHT = {
    "ENVIRONMENT": "local",
    "KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "REGISTRY_URL": "http://127.0.0.1:8081/apis/ccompat/v7",
    "SAMPLE_DATABASE_URL": "postgresql://sample_app:hush@127.0.0.1/sample",
}
OWN_KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in SampleSettings.model_fields:
        monkeypatch.delenv(SampleSettings.variable(name), raising=False)
    for name, value in RIGHT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_service_reads_shared_names_and_its_own_by_prefix(given: pytest.MonkeyPatch) -> None:
    given.setenv("SAMPLE_HORIZON", "30")
    given.setenv("SAMPLE_PORT", "8001")
    settings = SampleSettings.load()
    assert (settings.kafka_bootstrap, settings.horizon, settings.port) == ("127.0.0.1:9092", 30, 8001)


def test_a_database_without_the_prefix_is_not_taken(given: pytest.MonkeyPatch) -> None:
    given.delenv("SAMPLE_DATABASE_URL")
    given.setenv("DATABASE_URL", "postgresql://everybody")
    with pytest.raises(SystemExit):
        SampleSettings.load()


def test_all_faults_are_said_at_once_by_variable_and_without_their_values(
    given: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given.setenv("REGISTRY_URL", "ftp://hush.example")
    given.setenv("SAMPLE_PORT", "hush")
    given.setenv("PII_KEY", "hush")
    given.delenv("KAFKA_BOOTSTRAP")
    with pytest.raises(SystemExit) as ended:
        SampleSettings.load()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert all(name in said for name in ("REGISTRY_URL", "SAMPLE_PORT", "PII_KEY", "KAFKA_BOOTSTRAP"))
    assert "hush" not in said


def test_default_secrets_are_refused_outside_a_laptop(given: pytest.MonkeyPatch) -> None:
    assert SampleSettings.load().pii_key.get_secret_value() == LOCAL_PII_KEY
    given.setenv("ENVIRONMENT", "production")
    given.setenv("CURSOR_KEY", OWN_KEY)
    with pytest.raises(SystemExit):
        SampleSettings.load()
    given.setenv("PII_KEY", OWN_KEY)
    assert SampleSettings.load().pii_key.get_secret_value() == OWN_KEY


def test_production_is_what_a_forgotten_environment_means(given: pytest.MonkeyPatch) -> None:
    given.delenv("ENVIRONMENT")
    with pytest.raises(SystemExit):
        SampleSettings.load()


def test_secrets_do_not_show(given: pytest.MonkeyPatch) -> None:
    settings = SampleSettings.load()
    assert "hush" not in repr(settings)
    assert LOCAL_PII_KEY not in str(settings)


def test_an_empty_variable_counts_as_not_set(given: pytest.MonkeyPatch) -> None:
    given.setenv("SMTP_URL", "")
    given.setenv("SCHEMA_IDS", "/tmp/ids.json")  # noqa: S108
    settings = SampleSettings.load()
    assert settings.smtp_url is None
    assert settings.schema_ids == Path("/tmp/ids.json")  # noqa: S108
