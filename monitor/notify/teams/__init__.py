"""Microsoft Teams, through a workflow. `notifier.py`: options, sending, the workflow's error codes.
`message.py`: an Adaptive Card within its limits."""
