"""A POST to any URL. `options.py`: URL, identity, headers, body. `notifier.py`: sending.
`message.py`: Alertmanager's JSON. `body_template.py`: a body of the user's own. `signature.py`:
Standard Webhooks."""
