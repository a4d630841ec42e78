"""Other people's text in Slack's mrkdwn: shown as it is, never obeyed."""

from monitor.notify.message import width

# https://docs.slack.dev/messaging/formatting-message-text#escaping: these three, and only these,
# are written as entities. Without a bare "<" there is no link, no mention and no <!channel>.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

# mrkdwn has no escape for its emphasis marks: a look-alike takes their place where they could open
# or close emphasis. Inside a word ("Shop_Agent", "5*3") they do nothing and stay, but for the
# backtick, which works there too.
_LOOKALIKES = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}


def escape(text: str, limit: int) -> str:
    """`text` (already cleaned) for a mrkdwn or plain text object, at most `limit` wide once
    escaped, "…" where it was cut.

    Never cuts an entity in two.
    """
    pieces: list[str] = []
    used = 0
    for position, character in enumerate(text):
        piece = _ENTITIES.get(character) or _harmless(text, position)
        wide = width(piece)
        if used + wide > limit - (position + 1 < len(text)):
            return "".join(pieces).rstrip() + "…"
        pieces.append(piece)
        used += wide
    return "".join(pieces)


def _harmless(text: str, position: int) -> str:
    character = text[position]
    if character not in _LOOKALIKES:
        return character
    inside = (
        0 < position < len(text) - 1
        and text[position - 1].isalnum()
        and text[position + 1].isalnum()
    )
    return character if inside and character != "`" else _LOOKALIKES[character]


def link(url: str | None, words: str) -> str | None:
    """`<url|words>`, with what would end the address early percent-encoded; None for no or an
    endless address."""
    if not url or len(url) > 500:
        return None
    for character, encoded in (
        ("&", "&amp;"),
        ("<", "%3C"),
        (">", "%3E"),
        ("|", "%7C"),
        ("`", "%60"),
        (" ", "%20"),
    ):
        url = url.replace(character, encoded)
    return f"<{url}|{words}>"
