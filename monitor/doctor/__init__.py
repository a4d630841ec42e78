"""`bsg-monitor doctor`: what is wrong with this installation, in plain words. It changes nothing
and sends no message."""

from monitor.doctor.examination import examine
from monitor.doctor.finding import Finding, Level, of_configuration, right_configuration
from monitor.doctor.receiver_checks import verified

__all__ = ["Finding", "Level", "examine", "of_configuration", "right_configuration", "verified"]
