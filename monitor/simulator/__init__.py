"""A stand-in for the provider, built from its documentation alone: the API, strictly, and
scenarios that go wrong on purpose.

Shares no code with `monitor.provider` or `monitor.domain`, so that neither hides the other's
mistakes. What a campaign looks like is a pure function of its plan and of the time since the
simulator started; nothing runs in the background.
"""
