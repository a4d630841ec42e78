"""`bsg-monitor demo`: the real monitor against the simulator, and a receiver that prints. No
account, nothing left behind."""

from monitor.demo.show import run_demo

__all__ = ["run_demo"]
