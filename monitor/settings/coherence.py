"""Checks of settings against each other, and warnings about unwise ones."""

from pathlib import Path

from pydantic import SecretStr

from monitor.errors import Place
from monitor.net import plain_http_beyond_loopback
from monitor.settings.model import SECRETS, AccountSettings, Settings, variable
from monitor.settings.sources import UNGUESSED
from monitor.settings.written import Layer, SettingPath
from monitor.yamlfile.addresses import api_address, web_address
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.text_file import world_readable

SHORT_TOKEN = 16


class _SettingsCheck:
    def __init__(
        self, settings: Settings, written: Layer, wrong: frozenset[SettingPath], findings: Findings
    ) -> None:
        self.settings = settings
        self.written = written
        self.findings = findings
        self.broken = wrong

    def place(self, *candidates: SettingPath) -> Place | None:
        """The place of the first of these that was set."""
        return next((self.written[each].place for each in candidates if each in self.written), None)

    def called(self, *candidates: SettingPath) -> str:
        """The name that was used for the first of these that was set."""
        return next(
            (self.written[each].name for each in candidates if each in self.written),
            variable(candidates[-1]),
        )

    def wrong(self, message: str, *candidates: SettingPath, hint: str) -> None:
        self.findings.wrong(self._prefixed(message, candidates), self.place(*candidates), hint)

    def warn(self, message: str, *candidates: SettingPath, hint: str) -> None:
        self.findings.warn(self._prefixed(message, candidates), self.place(*candidates), hint)

    def _prefixed(self, message: str, candidates: tuple[SettingPath, ...]) -> str:
        """The message, with the setting's name where its place does not say it."""
        place = self.place(*candidates)
        return message if place and place.line is None else f"{self.called(*candidates)}: {message}"


def check(
    settings: Settings,
    written: Layer,
    *,
    wrong: frozenset[SettingPath],
    need_account: bool,
    findings: Findings,
) -> None:
    """Note contradictions. A check that needs a `wrong` setting waits until that is corrected."""
    state = _SettingsCheck(settings, written, wrong, findings)
    _accounts(state, need_account=need_account)
    _api_paths(state)
    _plain_http(state)
    _listening(state)
    _tokens(state)
    _readable_secrets(state)
    _database(state)


def _accounts(state: _SettingsCheck, *, need_account: bool) -> None:
    credentials: tuple[SettingPath, ...] = (("api_key",), ("api_token",))
    for name, account in state.settings.accounts.items():
        own: tuple[SettingPath, ...] = (
            ("accounts", name, "api_key"),
            ("accounts", name, "api_token"),
        )
        candidates = (*own, *credentials) if name == "default" else own
        given = [each for each in candidates if each in state.written]
        if len(given) > 1:
            names = " and ".join(state.written[each].name for each in given)
            state.findings.wrong(
                f"account {name} has more than one credential: {names}",
                state.place(given[1]),
                "set the API key or the token, not both",
            )
        elif not given and need_account:
            first = next(each for each in state.written if each[:2] == ("accounts", name))
            state.findings.wrong(
                f"account {name} has no credential",
                state.place(first),
                f"set {variable(own[0])} or {variable(own[1])}",
            )
        elif given and account.api_key is not None:
            _kind_of_key(state, account.api_key, given[0], account)
    if need_account and not state.settings.accounts and not state.broken.intersection(credentials):
        misspelt = [
            each
            for each in state.findings.warnings
            if each.place is None and each.hint != UNGUESSED
        ]
        state.findings.wrong(
            "no account: set BSG_API_KEY to its API key (live_…), or BSG_API_TOKEN to a bearer "
            "token",
            hint="; ".join(map(str, misspelt))
            or "in the environment, in .env or in a secrets folder (BSG_SECRETS_DIR)",
        )


def _kind_of_key(
    state: _SettingsCheck, key: SecretStr, setting: SettingPath, account: AccountSettings
) -> None:
    if key.get_secret_value().startswith("test_"):
        state.findings.warn(
            f"account {account.name} has a test key: the provider's answers are random",
            state.place(setting),
            "use a live_… key to watch real campaigns",
        )
    elif key.get_secret_value().startswith("eyJ"):
        state.findings.warn(
            f"the API key of account {account.name} looks like a bearer token",
            state.place(setting),
            f"set {variable((*setting[:-1], 'api_token'))} instead",
        )


def _api_paths(state: _SettingsCheck) -> None:
    for setting, written in state.written.items():
        if setting[-1] == "api_url" and setting not in state.broken:
            asked = api_address(written.value)
            if asked != web_address(written.value):
                message = "ends with a path that the monitor adds itself; it is left out"
                state.warn(message, setting, hint=f"write {asked}")


def _plain_http(state: _SettingsCheck) -> None:
    if state.settings.allow_insecure_http or ("allow_insecure_http",) in state.broken:
        return
    for name, account in state.settings.accounts.items():
        if plain_http_beyond_loopback(account.url):
            state.wrong(
                "plain HTTP would show the account's key to everyone on the way; expected https://",
                ("accounts", name, "api_url"),
                ("api_url",),
                hint="to allow it, set BSG_ALLOW_INSECURE_HTTP=1",
            )
    heartbeat = state.settings.heartbeat_url
    if heartbeat and plain_http_beyond_loopback(heartbeat.get_secret_value()):
        message = "plain HTTP can be read and forged on the way"
        state.warn(message, ("heartbeat_url",), hint="use https://")


def _listening(state: _SettingsCheck) -> None:
    settings = state.settings
    if settings.public_read or settings.read_token or not settings.listen.beyond_loopback:
        return
    if state.broken.isdisjoint({("listen",), ("read_token",), ("public_read",)}):
        state.wrong(
            f"{settings.listen} can be reached from other machines, and nothing protects what "
            "it shows",
            ("listen",),
            hint="set BSG_READ_TOKEN, or BSG_PUBLIC_READ=1 if everyone may read it",
        )


def _tokens(state: _SettingsCheck) -> None:
    settings = state.settings
    tokens = {"read_token": settings.read_token, "admin_token": settings.admin_token}
    for name, token in tokens.items():
        if token and len(token.get_secret_value()) < SHORT_TOKEN:
            message = f"is shorter than {SHORT_TOKEN} characters and can be guessed"
            state.warn(message, (name,), hint="try: openssl rand -hex 16")
    if settings.read_token and settings.read_token == settings.admin_token:
        message = "is the same as BSG_READ_TOKEN: everyone who may read may also change things"
        state.warn(message, ("admin_token",), hint="give it a value of its own")


def _readable_secrets(state: _SettingsCheck) -> None:
    for setting, written in state.written.items():
        if (
            setting[-1] in SECRETS
            and written.node is not None
            and world_readable(Path(written.place.source))
        ):
            state.findings.warn(
                f"every user of this machine can read {written.name}",
                written.place,
                f"chmod 600 {written.place.source}",
            )


def _database(state: _SettingsCheck) -> None:
    if state.settings.database_url.path is None:
        state.wrong(
            "a PostgreSQL database is not supported by this version",
            ("database_url",),
            hint="keep the state in a file: sqlite:////var/lib/bsg-monitor/monitor.db",
        )
