"""Settings refuse what is unsafe, in a sentence, and never repeat a secret."""

import os
from base64 import b64encode

import pytest
from pydantic import ValidationError

from infra.settings import Settings

KEY = b64encode(os.urandom(32)).decode()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("CENTER1379_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CENTER1379_DATABASE_URL", "postgresql://centre:hidden-word@db/centre")
    monkeypatch.setenv("CENTER1379_CODEC_KEYS", f"k1:{KEY}")
    monkeypatch.setenv("CENTER1379_CODEC_ACTIVE_KEY", "k1")
    monkeypatch.setenv("CENTER1379_PEPPER", "guess-me-not-" * 3)
    return monkeypatch


def read() -> Settings:
    return Settings()  # pyright: ignore[reportCallIssue]  # the fields come from the environment


def test_the_environment_gives_the_settings(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CENTER1379_HTTP_PORT", "8379")

    settings = read()

    assert settings.http_port == 8379
    assert settings.key_ring.active == "k1"
    assert not settings.secure_cookies


@pytest.mark.usefixtures("environment")
def test_no_secret_is_shown() -> None:
    shown = repr(read())

    assert "hidden-word" not in shown
    assert KEY not in shown
    assert "guess-me-not" not in shown


@pytest.mark.parametrize("name", ["DATABASE_URL", "CODEC_KEYS", "CODEC_ACTIVE_KEY", "PEPPER"])
def test_a_secret_has_no_default(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(f"CENTER1379_{name}")

    with pytest.raises(ValidationError):
        read()


def test_a_refusal_does_not_repeat_what_was_given(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CENTER1379_CODEC_ACTIVE_KEY", "k2")

    with pytest.raises(ValidationError, match="active codec key k2 is not among") as refusal:
        read()

    assert KEY not in str(refusal.value)
    assert "hidden-word" not in str(refusal.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1379", "http://localhost", "http://[::1]:80"])
def test_clear_text_is_allowed_on_this_machine(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("CENTER1379_PUBLIC_URL", url)

    assert not read().secure_cookies


@pytest.mark.parametrize("url", ["http://centre.example", "http://10.0.0.1", "centre.example"])
def test_clear_text_is_refused_elsewhere(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("CENTER1379_PUBLIC_URL", url)

    with pytest.raises(ValidationError, match="must begin with https"):
        read()


def test_https_makes_cookies_secure(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CENTER1379_PUBLIC_URL", "https://centre.example")

    assert read().secure_cookies


def test_a_mail_password_is_not_sent_in_clear_text(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CENTER1379_SMTP_PASSWORD", "hidden-word")

    with pytest.raises(ValidationError, match="SMTP_TLS must be starttls or tls"):
        read()
