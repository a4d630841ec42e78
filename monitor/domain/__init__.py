"""Pure values and decisions. No asyncio, no I/O, no logging and no clock in here: time comes in
as an argument.

Instants that are held by the hundred thousand (campaigns, tracked campaigns, events) are Unix
seconds as floats, half the size of a datetime and what the compiled conditions compute with.
Records that people and receivers see (alerts, notifications, ledgers, feed states) carry aware
datetimes in UTC.
"""
