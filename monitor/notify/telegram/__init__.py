"""Telegram, through a bot. `notifier.py`: options, sending, Telegram's error texts. `message.py`:
HTML within its limit."""
