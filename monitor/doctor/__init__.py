"""`bsg-monitor doctor`: what is wrong with this installation, in plain words. Looks only: it
changes and tells nothing."""

from monitor.doctor.configuration_checks import of_configuration, right_configuration
from monitor.doctor.examination import examine
from monitor.doctor.finding import Finding, Level
from monitor.doctor.receiver_checks import verified

__all__ = ["Finding", "Level", "examine", "of_configuration", "right_configuration", "verified"]
