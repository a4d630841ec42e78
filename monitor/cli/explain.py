"""`explain`: why a rule fires, or what is missing."""

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import completion
from monitor.cli.arguments import Account, AsJson, MessageType
from monitor.cli.failures import FAILED, WRONG_USE, complain
from monitor.cli.invocation import ask_store, load_settings_of
from monitor.cli.tables.printing import print_json

if TYPE_CHECKING:
    from monitor.explain import Explanation
    from monitor.ports import Store
    from monitor.rulefile import RuleFile
    from monitor.settings import LoadedSettings


def explain(
    ctx: typer.Context,
    rule: Annotated[
        str,
        typer.Argument(
            help="A rule by its name, or an alert by its id (a beginning that fits only one).",
            metavar="ALERT",
            autocompletion=completion.rules_and_alerts,
        ),
    ],
    subject: Annotated[
        str | None,
        typer.Argument(
            help="The campaign, by its id or a part of its name; for rules of other scopes the "
            "sender, account or receiver."
            " An alert's id needs none.",
            metavar="CAMPAIGN",
            autocompletion=completion.subjects,
        ),
    ] = None,
    account: Account = None,
    message_type: MessageType = None,
    as_json: AsJson = False,
) -> None:
    """Say why a rule fires for a campaign or what is missing, part by part, and who is told.

    Exit code 1 when ALERT or CAMPAIGN is not known, 2 when it fits several.
    """
    from monitor.explain import UnclearTargetError, UnknownTargetError
    from monitor.rulefile import load_rules

    loaded = load_settings_of(ctx)
    rules = load_rules(loaded, reaching=False)
    try:
        explanation = ask_store(
            loaded,
            lambda store: _explanation(store, loaded, rules, rule, subject, account, message_type),
        )
    except UnclearTargetError as error:
        complain(str(error))
        raise typer.Exit(FAILED if isinstance(error, UnknownTargetError) else WRONG_USE) from error
    if as_json:
        from monitor.explain import explanation_record

        print_json(explanation_record(explanation))
        return
    from monitor.cli.tables.explanation_text import print_explanation

    print_explanation(explanation)


async def _explanation(
    store: "Store",
    loaded: "LoadedSettings",
    rules: "RuleFile",
    named: str,
    subject: str | None,
    account: str | None,
    message_type: str | None,
) -> "Explanation":
    from monitor.clock import SystemClock
    from monitor.daemon.assembly import feeds_of, token_ends_of
    from monitor.explain import explain_target, find_target, read_known

    known = await read_known(
        store,
        rules,
        feeds_of(loaded.settings),
        now=SystemClock().now(),
        token_ends=token_ends_of(loaded.settings),
    )
    target = await find_target(known, named, subject, account=account, message_type=message_type)
    return await explain_target(known, target)
