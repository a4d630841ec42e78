"""Reads the provider and decides what the answers mean, one cycle after another for each feed.

Files:

- `poller` runs one loop for each feed and one for each account's balance.
- `feed_reader` plans a poll: which window to sweep, which campaigns to look up by id (`lookup`).
- `cycle` is one cycle: sweep → diff (`observation`) → evaluate → commit.
- `detail_phase` reads a few campaigns in detail within a cycle.
- `baselines` works out once an hour what is usual for each sender.
- `receiver_rules` evaluates the rules of scope `receiver`, which need no poll.

States: a reading is `ok`, `partial` or `failed`. Rows that could be read are facts in any case.
Only an `ok` reading proves that a campaign is absent.

Invariants:

1. Cycles of one account may sweep at the same time. They decide and commit one at a time, under
   `AccountCycles.deciding`.
2. Memory advances right after the commit, never before. A commit that fails leaves everything as
   it was, and the next cycle finds the same differences.
3. One campaign or rule that raises costs no other: it stays as it was.

Time: a pass over rows yields to the event loop every `CHUNK` rows, and every `HITS_CHUNK` rows
where rules are evaluated. A cycle waits at most `PATIENCE_SECONDS` for details.
"""
