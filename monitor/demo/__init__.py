"""`bsg-monitor demo`: the real monitor with the simulator, and a receiver that prints. It needs no
account and leaves nothing behind."""

from monitor.demo.show import run_demo

__all__ = ["run_demo"]
