"""Microsoft Teams: options, messages and transport."""
