"""How BSG's One-API is read. Nothing here decides what a campaign means; it only says what the
provider said.

The rest of the program uses `source.Provider`. Under it, from the wire up:

- `naive_times`, `lenient_values`, `wire`: bytes → values.
- `row`, `row_cache`, `rejects`: a feed's rows, and what is remembered of them.
- `paging`, `sweep`: pages → one reading that is known to be complete, or says why it is not.
- `pacing`, `client`, `answer_errors`: gentle HTTP. `token`: log-in and refresh.
- `paths`: which path answers. `campaign_by_id`, `campaign_detail`: one campaign.
- `single_pages`: one page of the list, as a person asks for it.
"""
