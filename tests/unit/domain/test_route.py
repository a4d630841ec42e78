"""The tree of routes: who hears of what, in which group."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.routing.matcher import all_match, parse_matchers
from monitor.domain.routing.route import Branch, Route, RouteTree, group_of


def to(receiver: str, matchers: str = "{}", *routes: Route, on: bool = False) -> Route:
    return Route(receiver=receiver, matchers=parse_matchers(matchers), routes=routes, continue_=on)


TREE = RouteTree(
    to(
        "ops",
        "{}",
        to("audit", 'account=~".+"', on=True),
        to(
            "platform",
            "severity=critical",
            to("shop", "sender=Shop"),
            to("night", "sender!=Shop, team=night"),
        ),
        to("money", "alertname=~Low.*", on=True),
        to("desk", "team=messaging"),
    )
)


def reached(**labels: str) -> list[str]:
    return [branch.route.receiver for branch in TREE.destinations(labels)]


def test_what_no_route_takes_goes_to_the_root() -> None:
    assert reached() == ["ops"]
    assert reached(severity="warning") == ["ops"]


def test_the_first_route_that_takes_an_alert_is_the_last_asked() -> None:
    assert reached(severity="critical", team="messaging") == ["platform"]


def test_one_that_continues_is_heard_besides() -> None:
    assert reached(alertname="LowDelivery", team="messaging") == ["money", "desk"]
    assert reached(account="x", severity="critical") == ["audit", "platform"]
    assert reached(account="x") == [
        "audit"
    ]  # as in Alertmanager: a child took it, so the root does not


def test_a_route_with_routes_of_its_own_hears_only_what_they_leave() -> None:
    assert reached(severity="critical", sender="Shop") == ["shop"]
    assert reached(severity="critical", sender="Other", team="night") == ["night"]
    assert reached(severity="critical", sender="Other") == ["platform"]


def test_a_route_is_named_by_its_matchers_whatever_stands_around_it() -> None:
    def path(tree: RouteTree) -> str:
        return tree.destinations({"severity": "critical", "sender": "Shop"})[-1].path

    other = RouteTree(
        to(
            "ops",
            "{}",
            to("new", "a=b"),
            to("platform", 'severity="critical"', to("x", "c=d"), to("shop", "sender=Shop")),
        )
    )
    assert path(TREE) == path(other) == '/{severity="critical"}/{sender="Shop"}'
    assert TREE.root.path == ""
    assert TREE.branch(path(TREE), "shop") is not None
    assert TREE.branch(path(TREE), "ops") is None


def test_twins_with_the_same_receiver_are_told_apart() -> None:
    tree = RouteTree(
        to("ops", "{}", to("a", "x=y", on=True), to("b", "x=y", on=True), to("a", "x=y"))
    )
    assert [branch.path for branch in tree.destinations({"x": "y"})] == [
        '/{x="y"}',
        '/{x="y"}',
        '/{x="y"}#2',
    ]


def test_a_group_depends_on_the_route_and_the_labels_it_groups_by() -> None:
    route = Route(receiver="ops", group_by=("alertname",))
    labels = {"alertname": "A", "campaign_id": "1"}
    group, shown = group_of(labels, route)
    assert shown == {"alertname": "A"}
    assert group == group_of({**labels, "campaign_id": "2"}, route)[0]
    assert group != group_of(labels, route, '/{a="b"}')[0]
    assert group == group_of(labels, replace(route, matchers=parse_matchers("a=b")))[0]


def test_three_dots_group_by_every_label() -> None:
    route = Route(receiver="ops", group_by=("...",))
    one, labels = group_of({"b": "2", "a": "1"}, route)
    assert labels == {"a": "1", "b": "2"}
    assert one == group_of({"a": "1", "b": "2"}, route)[0]
    assert one != group_of({"a": "1", "b": "3"}, route)[0]


matchers = st.sampled_from(["{}", "a=1", "a=2", "a!=1", "b=~1|2", "a=1,b=2"])


def routes(depth: int) -> st.SearchStrategy[Route]:
    children = st.just([]) if depth == 0 else st.lists(routes(depth - 1), max_size=3)
    return st.builds(
        lambda receiver, text, below, on: to(receiver, text, *below, on=on),
        st.sampled_from("xyz"),
        matchers,
        children,
        st.booleans(),
    )


def as_alertmanager(branch: Branch, labels: dict[str, str], *, root: bool = True) -> list[str]:
    """`dispatch.Route.Match`, as it is written there."""
    if not root and not all_match(branch.route.matchers, labels):
        return []
    found: list[str] = []
    for child in branch.branches:
        matched = as_alertmanager(child, labels, root=False)
        found += matched
        if matched and not child.route.continue_:
            break
    return found or [branch.path]


@given(routes(2), st.sampled_from(["", "1", "2"]), st.sampled_from(["", "1", "2"]))
def test_alerts_go_where_alertmanager_sends_them(root: Route, a: str, b: str) -> None:
    tree = RouteTree(root)
    labels = {"a": a, "b": b}
    assert [branch.path for branch in tree.destinations(labels)] == as_alertmanager(
        tree.root, labels
    )
    assert len({(branch.path, branch.route.receiver) for branch in tree.branches()}) == len(
        list(tree.branches())
    )
