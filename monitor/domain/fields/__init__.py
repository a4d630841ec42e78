"""Every name that a condition or a text may use, with its type, its unit and how it is read."""
