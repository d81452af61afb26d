"""What an operator sets: read once when a process starts, and handed down from there."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.codec import KeyRing

_Port = Annotated[int, Field(ge=1, le=65535)]
_PEPPER_LENGTH = 32


class Settings(BaseSettings):
    """The process's settings, from environment variables named `CENTER1379_` and the field's name.

    The connection to Temporal is set by Temporal's own variables and profiles (`TEMPORAL_ADDRESS`,
    `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_…`). What the centre promises and counts
    is policy, not a setting.
    """

    model_config = SettingsConfigDict(
        env_prefix="CENTER1379_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: SecretStr = Field(description="PostgreSQL URL; may hold a password.")
    codec_keys: SecretStr = Field(description="Keys for Temporal's payloads: `id:base64,…`.")
    codec_active_key: str = Field(description="Id of the key that encrypts new payloads.")
    pepper: SecretStr = Field(
        min_length=_PEPPER_LENGTH,
        description="Secret behind tracking codes and keyed hashes.",
    )

    encoder: Literal["shipped", "none"] = Field(
        default="shipped",
        description="Compares meanings in searches; `none` goes by words alone.",
    )
    data_dir: Path = Field(default=Path(".center1379"), description="Files of the local centre.")
    http_host: str = Field(default="127.0.0.1", description="Address the API listens on.")
    http_port: _Port = Field(default=1379, description="Port the API listens on.")
    public_url: str = Field(
        default="http://127.0.0.1:1379",
        description="Where people reach the pages; no slash at end.",
    )
    mailbox_url: str | None = Field(
        default=None, description="Where the local mailbox is shown; none when mail goes out."
    )
    mailbox_dir: Path | None = Field(
        default=None, description="Where the local mailbox keeps messages; none when mail goes out."
    )
    temporal_ui_url: str | None = Field(
        default=None, description="Temporal's own web pages, for operators' links."
    )

    smtp_host: str = Field(default="127.0.0.1", description="Mail server that takes messages.")
    smtp_port: _Port = 1025
    smtp_from: str = Field(
        default="1379 <no-reply@center1379.example>", description="Sender of every message."
    )
    smtp_timeout_seconds: float = Field(default=10.0, gt=0)
    smtp_tls: Literal["none", "starttls", "tls"] = "none"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None

    kipris_key: SecretStr | None = Field(
        default=None,
        description="Key of KIPRIS Plus; without it patents are not refreshed.",
    )
    kipris_url: str = (
        # The misspelling is the service's own.
        "http://plus.kipris.or.kr/kipo-api/kipi/patUtiModInfoSearchSevice/getAdvancedSearch"
    )
    zeus_key: SecretStr | None = Field(
        default=None, description="Key of ZEUS; without it equipment is not refreshed."
    )
    zeus_url: str = "http://api.zeus.go.kr/api/eq/equips"
    ntis_key: SecretStr | None = Field(
        default=None, description="Key of NTIS; without it funded projects are not refreshed."
    )
    ntis_url: str = "https://www.ntis.go.kr/rndopen/openApi/public_project"
    bizinfo_key: SecretStr | None = Field(
        default=None, description="Key of bizinfo; without it calls are not refreshed."
    )
    bizinfo_url: str = "https://www.bizinfo.go.kr/uss/rss/bizinfoApi.do"
    partner_timeout_seconds: float = Field(
        default=30.0, gt=0, le=100, description="What a partner gets for one answer."
    )
    partner_pause_seconds: float = Field(
        default=0.5, ge=0, le=60, description="Between two pages of one partner."
    )

    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    temporal_metrics_address: str | None = Field(
        default=None, description="`host:port` for Temporal's Prometheus metrics; none leaves them."
    )

    database_pool_size: int = Field(default=10, ge=1, description="Connections per process.")
    worker_max_cached_workflows: int = Field(default=1000, ge=0, description="Kept in memory.")
    worker_max_workflow_tasks: int = Field(default=100, ge=2, description="At once, per queue.")
    worker_max_activities: int = Field(default=50, ge=1, description="At once, per queue.")
    worker_drain_seconds: float = Field(
        default=20.0, ge=0, description="What running activities get after SIGTERM."
    )

    @model_validator(mode="after")
    def _refuse_unsafe_combinations(self) -> "Settings":
        KeyRing.parse(self.codec_keys.get_secret_value(), self.codec_active_key)
        public = urlsplit(self.public_url)
        if public.scheme != "https" and not _is_loopback(public.hostname or ""):
            raise ValueError(
                "CENTER1379_PUBLIC_URL must begin with https:// unless it is on this machine:"
                " tracking codes and sessions would travel in clear text"
            )
        if self.smtp_password is not None and self.smtp_tls == "none":
            raise ValueError(
                "CENTER1379_SMTP_TLS must be starttls or tls when CENTER1379_SMTP_PASSWORD is set"
            )
        return self

    @property
    def key_ring(self) -> KeyRing:
        """The keys for Temporal's payloads."""
        return KeyRing.parse(self.codec_keys.get_secret_value(), self.codec_active_key)

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies are sent over https only; not so on this machine alone."""
        return self.public_url.startswith("https://")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
