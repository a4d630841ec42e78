"""Text that people wrote: made safe to show, hidden where it may be a secret, compared with what
is known."""
