"""Policy versions: added once, never changed."""

import hashlib

from pydantic_core import to_json

from infra.postgres.pool import Database
from schemas.policy import Policy


class PolicyVersionExists(Exception):
    """The version is taken by a policy with other values; give the new one a version of its own."""


async def add_policy(db: Database, policy: Policy) -> None:
    """Store a policy; storing the same one again changes nothing.

    Raises:
        PolicyVersionExists: Another policy has this version.
    """
    document = policy.model_dump(mode="json")
    digest = hashlib.sha256(to_json(document)).hexdigest()
    await db.execute(
        """
        INSERT INTO policy_version (version, document, sha256) VALUES ($1, $2, $3)
        ON CONFLICT (version) DO NOTHING
        """,
        policy.version,
        document,
        digest,
    )
    stored = await db.fetchval(
        "SELECT sha256 FROM policy_version WHERE version = $1", policy.version
    )
    if stored != digest:
        raise PolicyVersionExists(
            f"Policy {policy.version} is loaded with other values. A version never changes: "
            "give this policy a version of its own."
        )


async def get_policy(db: Database, version: str) -> Policy:
    """The policy of that version.

    Raises:
        KeyError: No such version was ever loaded.
    """
    document = await db.fetchval("SELECT document FROM policy_version WHERE version = $1", version)
    if document is None:
        raise KeyError(version)
    return Policy.model_validate(document)


async def set_current_policy(db: Database, version: str) -> None:
    """Let new cases pin `version`; open cases keep theirs (U31)."""
    await db.execute(
        """
        INSERT INTO current_policy (version) VALUES ($1)
        ON CONFLICT (only_row) DO UPDATE SET version = excluded.version
        """,
        version,
    )


async def current_policy_version(db: Database) -> str:
    """The version that new cases pin.

    Raises:
        LookupError: No policy was loaded yet.
    """
    version = await db.fetchval("SELECT version FROM current_policy")
    if version is None:
        raise LookupError("no policy is loaded; run `center1379 load`")
    return version
