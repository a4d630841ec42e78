"""Discord: options, messages and transport."""
