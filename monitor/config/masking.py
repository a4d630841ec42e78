"""Has the logs mask the secrets of what was configured. To be done before anything else is."""

from pydantic import BaseModel, SecretStr

from monitor.config.rulefile import RuleFile
from monitor.config.settings import LoadedSettings
from monitor.logs import mask


def mask_settings(loaded: LoadedSettings) -> None:
    """Keys, tokens and passwords of the settings."""
    settings = loaded.settings
    _mask_all(settings)
    for account in settings.accounts.values():
        _mask_all(account)
    if settings.database_url.dsn is not None:
        mask(settings.database_url.dsn.get_secret_value())


def mask_receivers(rules: RuleFile) -> None:
    """URLs, tokens and passwords of the receivers."""
    for receiver in rules.receivers:
        _mask_all(receiver.options)


def _mask_all(value: object) -> None:
    """Every secret of a pydantic model, nested ones included."""
    if isinstance(value, SecretStr):
        mask(value.get_secret_value())
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            _mask_all(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            _mask_all(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _mask_all(item)
