"""PagerDuty, Events API v2. `notifier.py`: options, and sending one event for each alert.
`message.py`: what an event looks like."""
