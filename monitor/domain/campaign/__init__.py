"""What is known of campaigns, their senders and accounts, and how one reading differs from the
next."""
