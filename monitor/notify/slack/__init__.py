"""Slack: an incoming webhook, or a bot: options, messages and transport."""
