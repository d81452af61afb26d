"""Settings as an operator would give them, with keys that protect nothing."""

from base64 import b64encode

from pydantic import SecretStr

from infra.settings import Settings


def settings_for_test(**changes: object) -> Settings:
    """Settings of a test; `changes` replace single values."""
    values: dict[str, object] = {
        "database_url": SecretStr("postgresql://nowhere.example/center1379"),
        "codec_keys": SecretStr(f"test:{b64encode(bytes(32)).decode()}"),
        "codec_active_key": "test",
        "pepper": SecretStr("a pepper that protects nothing at all"),
    }
    return Settings.model_validate({**values, **changes})
