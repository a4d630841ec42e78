"""The daemon: settings and rules in, a running monitor out.

`app.py` is the composition root, one straight line that is read from top to bottom;
`assembly.py` makes the parts it puts together. `rules_in_force.py` is what a reload swaps,
`reload.py` when it does so, `service.py` the process around it all.
"""
