"""Webhooks of your own: options, messages and transport."""
