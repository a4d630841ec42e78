"""Rules about an account: what they decide after good polls and after failed ones."""

from monitor.domain.alerting.alert import AlertState
from monitor.domain.alerting.evaluation import Changes
from tests.unit.domain.life import DOWN, POOR, Life, row, rule, view


def test_an_account_alert_fires_and_resolves_with_its_own_labels() -> None:
    life = Life(POOR)
    assert life.poll(view()) == Changes()
    (alert,) = life.poll(view(1, balance=5.0)).alerts
    assert alert.labels == {"alertname": "Poor", "account": "default", "severity": "warning"}
    assert (alert.key.subject, alert.campaign) == ("", None)
    assert life.poll(view(2, balance=5.0)) == Changes()
    (cheaper,) = life.poll(view(3, balance=4.0)).alerts
    assert (cheaper.state, cheaper.annotations) == (AlertState.FIRING, {"summary": "4"})
    (resolved,) = life.poll(view(4)).alerts
    assert resolved.state is AlertState.RESOLVED


def test_after_a_failed_poll_only_what_moves_is_decided() -> None:
    life = Life(POOR, DOWN)
    life.poll(view())
    life.poll(view(1, up=False, balance=5.0), failed=True)
    assert [key.rule for key in life.active] == ["Down"]
    (fired,) = life.poll(view(3, up=False, balance=5.0), failed=True).alerts
    assert (fired.key.rule, fired.state) == ("Down", AlertState.FIRING)
    changes = life.poll(view(4, balance=5.0))
    assert {(alert.key.rule, alert.state) for alert in changes.alerts} == {
        ("Down", AlertState.RESOLVED),
        ("Poor", AlertState.FIRING),
    }


def test_a_failed_poll_resolves_no_frozen_alert() -> None:
    life = Life(POOR)
    life.poll(view(balance=5.0))
    assert life.poll(view(1, up=False), failed=True) == Changes()


def test_account_rules_leave_campaign_alerts_alone() -> None:
    life = Life(rule(), POOR)
    life.see(row())
    assert life.poll(view(1)) == Changes()
