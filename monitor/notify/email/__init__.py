"""Email over SMTP. `options.py`: server and addresses. `notifier.py`: sending. `message.py`: plain
text and HTML. `smtp_replies.py`: what a server's replies mean."""
