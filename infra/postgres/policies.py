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
    """The policy of that version, with the standard's values where it has none.

    A version never changes, but a release can ask for values that were unknown when the version
    was written; nobody was promised anything on them.

    Raises:
        KeyError: No such version was ever loaded.
    """
    row = await db.fetchrow(
        """
        SELECT p.document, s.document AS standard
          FROM policy_version AS p
          LEFT JOIN current_policy AS c ON true
          LEFT JOIN policy_version AS s ON s.version = c.standard
         WHERE p.version = $1
        """,
        version,
    )
    if row is None:
        raise KeyError(version)
    policy = Policy.model_validate(row["document"])
    if row["standard"] is None:
        return policy
    standard = Policy.model_validate(row["standard"])
    return policy.model_copy(update={"entries": {**standard.entries, **policy.entries}})


async def set_standard(db: Database, version: str) -> None:
    """Let every version take the values that it lacks from `version`, the release's own.

    There has to be a current policy.
    """
    await db.execute("UPDATE current_policy SET standard = $1", version)


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
