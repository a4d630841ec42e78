"""YAML that people write: every key and value with its place, everything wrong collected and
shown with its line.

Settings, rules, tests of rules and scenarios of the simulator are all read through here.
"""
