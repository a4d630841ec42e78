"""The files that `bsg-monitor init` writes, with a comment on every choice in them."""

from importlib.resources import files


def rules_template() -> str:
    """A `rules.yaml` that works as it is: what a messaging team would want to be told, printed
    on the console."""
    return _template("rules.yaml")


def env_template() -> str:
    """A `.env` with every setting, all but the API key commented out."""
    return _template("env.template")


def _template(name: str) -> str:
    return files("monitor.rulefile").joinpath("templates", name).read_text(encoding="utf-8")
