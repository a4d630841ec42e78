"""Alertmanager, API v2. `notifier.py`: options, sending to every peer and sending again every
minute. `message.py`: what an alert looks like there."""
