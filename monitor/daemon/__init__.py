"""The daemon: settings and rules in, a running monitor out.

`app.py` is the composition root: read it from top to bottom. `assembly.py` builds its parts.
`rules_in_force.py` is what a reload changes, `reload.py` when. `service.py` is the process around
it: signals, exit code, garbage collection.
"""
