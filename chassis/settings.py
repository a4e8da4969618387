"""What a process is told by its environment. Read once, at start; nothing else reads the environment."""

import base64
import binascii
import os
import re
import socket
import sys
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

LOCAL_PII_KEY = base64.b64encode(b"for local use only, never beyond").decode()
LOCAL_CURSOR_KEY = base64.b64encode(b"signs the cursors of a laptop...").decode()
DEFAULT_SECRETS = frozenset(
    {LOCAL_PII_KEY, LOCAL_CURSOR_KEY, "", "changeme", "change-me", "secret", "password"}
)


def _own_secret(value: SecretStr, info: ValidationInfo) -> SecretStr:
    """Refuses a secret that everybody knows, outside a laptop."""
    if value.get_secret_value() in DEFAULT_SECRETS and info.data.get("environment") != "local":
        raise ValueError("is a default secret; set one of your own outside ENVIRONMENT=local")
    return value


def _key_of_32_bytes(value: SecretStr) -> SecretStr:
    """Refuses what is not a 256-bit key in base64; the value itself never gets into the message."""
    try:
        raw = base64.b64decode(value.get_secret_value(), validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != 32:
        raise ValueError("must be 32 random bytes in base64 (openssl rand -base64 32)")
    return value


Key = Annotated[SecretStr, AfterValidator(_own_secret), AfterValidator(_key_of_32_bytes)]

_POSTGRES = re.compile(r"^postgres(ql)?(\+psycopg)?://")


def _postgres_url(value: SecretStr) -> SecretStr:
    """Refuses an address of anything but PostgreSQL."""
    if not _POSTGRES.match(value.get_secret_value()):
        raise ValueError("must be a PostgreSQL address: postgresql://role:password@host/database")
    return value


DatabaseUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]


def _networks(value: str) -> str:
    """Refuses what is no list of addresses or networks."""
    for one in value.split(","):
        ip_network(one.strip())
    return value


class Settings(BaseSettings):
    """Settings of one service: `class LeadsSettings(Settings, service="leads")`.

    Shared names are read as they are (`KAFKA_BOOTSTRAP`); names of `OWN`, and what a service adds, are
    read with its prefix only (`LEADS_DATABASE_URL`), so that one environment can start every service.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True
    )
    service: ClassVar[str] = ""

    environment: Literal["local", "production"] = Field(
        default="production", description="local allows default secrets"
    )
    kafka_bootstrap: str = Field(min_length=1, description="host:port, comma between several")
    registry_url: str = Field(pattern=r"^https?://", description="Confluent-compatible base address")
    auth_issuer: str = Field(
        default="https://identity.salescompass.local", description="iss of every bearer token"
    )
    auth_audience: str = Field(default="salescompass", description="aud of every bearer token")
    auth_jwks: str = Field(default="", description="address or file of the public keys that sign tokens")
    pii_key: Key = Field(default=SecretStr(LOCAL_PII_KEY), description="key-encryption key of personal data")
    cursor_key: Key = Field(
        default=SecretStr(LOCAL_CURSOR_KEY), description="signs cursors and stream positions"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    smtp_url: SecretStr | None = Field(default=None, description="smtp://[user:password@]host:port")
    public_url: str = Field(
        default="http://127.0.0.1:8080", pattern=r"^https?://", description="gateway, as people see it"
    )
    gateways: Annotated[str, AfterValidator(_networks)] = Field(
        default="127.0.0.0/8,::1", description="who may say by X-Real-IP whose call it is; networks, by comma"
    )
    instance: str = Field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}", max_length=100)
    schema_ids: Path | None = Field(
        default=None, description="file that keeps schema ids for a start without the registry"
    )
    stop_seconds: float = Field(default=18, gt=0, le=20, description="from SIGTERM to the end, at most")

    database_url: DatabaseUrl = Field(description="as <service>_app, bound by row security")
    owner_database_url: DatabaseUrl | None = Field(
        default=None, description="as <service>_owner; migrations only"
    )
    relay_database_url: DatabaseUrl | None = Field(
        default=None, description="as <service>_relay; the relay only"
    )
    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535, description="of the API; 0 takes a free one")
    ops_port: int = Field(default=0, ge=0, le=65535, description="of health and metrics; 0 takes a free one")
    stream_host: Literal["confluent", "faust"] = "confluent"

    OWN: ClassVar[frozenset[str]] = frozenset(
        [
            "database_url",
            "owner_database_url",
            "relay_database_url",
            "host",
            "port",
            "ops_port",
            "stream_host",
        ]
    )

    def __init_subclass__(cls, service: str = "", **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if service:
            cls.service = service

    @classmethod
    def variable(cls, field: str) -> str:
        """Name of the environment variable that a field is read from."""
        shared = field in Settings.model_fields and field not in cls.OWN
        return field.upper() if shared else f"{cls.service}_{field}".upper()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment; there is no other source."""
        return init_settings, _Environment(settings_cls)

    @classmethod
    def load(cls) -> Self:
        """Reads the environment; on faults prints every one of them, by variable, and exits with 2."""
        from_environment: Callable[[], Self] = cls
        try:
            return from_environment()
        except ValidationError as error:
            print(f"The settings of {cls.service or 'this process'} are not right:", file=sys.stderr)  # noqa: T201
            for line in cls.faults(error):
                print(f"  {line}", file=sys.stderr)  # noqa: T201
            raise SystemExit(2) from None

    @classmethod
    def faults(cls, error: ValidationError) -> list[str]:
        """One line for each fault, named by environment variable and without the value at fault."""
        return [
            f"{cls.variable(str(fault['loc'][0]))}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_input=False, include_url=False)
        ]


class _Environment(PydanticBaseSettingsSource):
    """Reads each field from the variable that its settings class names; an empty one counts as not set."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        named: Any = self.settings_cls
        return os.environ.get(named.variable(field_name)), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value}
