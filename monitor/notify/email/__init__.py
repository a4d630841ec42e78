"""Email over SMTP: options, messages and transport."""
