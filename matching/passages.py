"""Which parts of a document are encoded: a long text is several passages."""

from typing import Final

from matching.encoder import Encoder

PASSAGES: Final = "title-250-350-from-200"
"""Names the division, as part of what a stored vector was made of."""

_FIRST: Final = 250
_REST: Final = 350
_WORTH_IT: Final = 200


def passages_of(title: str, body: str) -> list[str]:
    """The passages of a document, the title before each.

    Args:
        title: May be empty.
        body: Its first 250 characters are one passage; 200 to 350 more are another.
    """
    rest = body[_FIRST : _FIRST + _REST]
    first = f"{title} {body[:_FIRST]}".strip()
    return [first, f"{title} {rest}".strip()] if len(rest) >= _WORTH_IT else [first]


def stored_model(encoder: Encoder) -> str:
    """The name under which vectors are kept: of the model, and of what it was given."""
    return f"{encoder.name}/{PASSAGES}"
