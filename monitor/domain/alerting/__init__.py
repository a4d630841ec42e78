"""Rules, and what becomes of their alerts: inactive, pending, firing, resolved."""
