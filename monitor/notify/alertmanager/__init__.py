"""Alertmanager: options, messages and transport."""
