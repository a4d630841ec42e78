"""Who is told what, and when: routes, groups, silences, inhibition, and the flush that compares
them with the ledger."""
