"""Texts that people write: kept in Postgres, referred to by id and hash everywhere else."""

import hashlib
import re
from typing import Final

_REFERENCE: Final = re.compile(r"^doc:[0-9a-f]{32}:[0-9a-f]{64}$")


def document_reference(document_id: str, text: str) -> str:
    """What stands in a workflow payload in place of a text: `doc:<id>:<sha-256>`.

    Args:
        document_id: 32 hexadecimal digits.
        text: The stored text; its hash lets an auditor prove that it was not changed later.
    """
    return f"doc:{document_id}:{hashlib.sha256(text.encode()).hexdigest()}"


def is_document_reference(value: str) -> bool:
    """Whether `value` refers to a stored text rather than being one."""
    return _REFERENCE.match(value) is not None


def document_id_of(reference: str) -> str:
    """The id inside a reference."""
    return reference.split(":")[1]
