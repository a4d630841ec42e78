"""From settings to the rules that go with them: the one way in, so that no caller forgets what a
setting says about rules."""

from dataclasses import replace
from pathlib import Path

from monitor.rulefile.parsing import RuleFile, parse_rules
from monitor.rulefile.rules import doubts_without_details
from monitor.settings import LoadedSettings, mask_secrets
from monitor.yamlfile.text_file import read_text

IN_FORCE_HINT = "`bsg-monitor init` writes one to start from; BSG_RULES_FILE names another"


def load_rules(
    loaded: LoadedSettings,
    path: Path | None = None,
    *,
    reaching: bool = True,
    hint: str | None = None,
) -> RuleFile:
    """Read and check the rules file that the settings name, or the one at `path`. Logs know the
    secrets of its receivers.

    `reaching` is false for callers that send nothing: no secret of a receiver is needed then,
    and receivers have no options. `hint` says what to do when there is no file at `path`.
    ConfigError with everything that is wrong, and when the file cannot be read.
    """
    settings = loaded.settings
    if path is None:
        path, hint = settings.rules_file, IN_FORCE_HINT
    rules = parse_rules(
        read_text(path, what="the rules file", hint=hint),
        source=str(path),
        lookup=loaded.lookup,
        # where that setting is wrong, what follows from it is not a second mistake
        allow_insecure_http=settings.allow_insecure_http
        or ("allow_insecure_http",) in loaded.wrong,
        external_url=settings.external_url,
        accounts=settings.accounts,
        reaching=reaching,
    )
    for receiver in rules.receivers:
        mask_secrets(receiver.options)
    if settings.details_per_minute:
        return rules
    return replace(rules, warnings=(*rules.warnings, *doubts_without_details(rules.rules)))
