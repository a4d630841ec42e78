"""Has the logs mask the secrets of what was configured. To be done before anything else is."""

from pydantic import BaseModel, SecretStr

from monitor.logs import mask
from monitor.settings.layers import LoadedSettings


def mask_settings(loaded: LoadedSettings) -> None:
    """Keys, tokens and passwords of the settings."""
    settings = loaded.settings
    mask_secrets(settings)
    for account in settings.accounts.values():
        mask_secrets(account)
    if settings.database_url.dsn is not None:
        mask(settings.database_url.dsn.get_secret_value())


def mask_secrets(value: object) -> None:
    """Every secret of a pydantic model, nested ones included."""
    if isinstance(value, SecretStr):
        mask(value.get_secret_value())
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            mask_secrets(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            mask_secrets(item)
    elif isinstance(value, list | tuple):
        for item in value:
            mask_secrets(item)
