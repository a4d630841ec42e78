"""Texts of alerts: templates, and how figures look in them."""
