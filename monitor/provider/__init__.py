"""How BSG's One-API is read. Nothing in here decides what a campaign means; it only says what
the provider said.

`source.Provider` is what the rest of the program uses. Under it, from the wire up: `times`,
`wire` (bytes → values) · `rows` (a feed's rows, and what is remembered of them) · `paging`,
`sweep` (pages → one reading that is known to be complete) · `pacing`, `client` (gentle HTTP) ·
`token` (log-in, refresh) · `paths` (which path answers) · `lookup`, `detail` (one campaign) ·
`listing` (one page of the list, as a person asks for it).
"""
