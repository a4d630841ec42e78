"""Slack. `notifier.py`: an incoming webhook. `bot.py`: a bot that updates one message per group.
`web_api.py`: the bot's calls and Slack's error codes. `message.py`: Block Kit within its limits.
`options.py`: the options of both."""
