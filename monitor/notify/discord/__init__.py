"""Discord, through a channel's webhook. `notifier.py`: options, sending, Discord's error codes.
`message.py`: embeds within their limits."""
