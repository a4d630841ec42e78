"""PagerDuty: options, messages and transport."""
