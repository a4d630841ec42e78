"""Telegram: options, messages and transport."""
