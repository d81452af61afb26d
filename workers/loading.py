"""Fills an empty database with what every centre needs, and with what a demonstration needs."""

from datetime import UTC, datetime

import asyncpg
import structlog

from infra.postgres import accounts, calendar, catalogue, institutes, phrases, policies, synonyms
from infra.reference_files import institute_phrases, synonym_pairs
from infra.sample_catalogue import sample_catalogue
from schemas.policy import Policy
from workers.policy_files import default_policy

log = structlog.stdlib.get_logger()


async def load_centre(pool: asyncpg.Pool, policy: Policy | None) -> None:
    """Load institutes, holidays and policy. Repeating it changes nothing.

    Args:
        pool: A database with all its tables.
        policy: New cases follow it from now on. None leaves the current one, which is this
            release's own where there was none.

    Raises:
        PolicyVersionExists: Another policy was loaded under the same version.
    """
    await institutes.load_reference(pool)
    now = datetime.now(UTC)
    await phrases.load_shipped(pool, institute_phrases(), now)
    await synonyms.load(pool, synonym_pairs())
    await calendar.load_holidays(pool)
    standard = default_policy()
    await policies.add_policy(pool, standard)
    if policy is not None:
        await policies.add_policy(pool, policy)
        await policies.set_current_policy(pool, policy.version)
    elif not await _has_current_policy(pool):
        await policies.set_current_policy(pool, standard.version)
    await policies.set_standard(pool, standard.version)


async def load_demonstration(pool: asyncpg.Pool, password: str) -> None:
    """Add the sample catalogue and the demonstration accounts, all with one password."""
    await catalogue.load_sample(pool, sample_catalogue())
    await accounts.load_demo_accounts(pool, password)


async def _has_current_policy(pool: asyncpg.Pool) -> bool:
    try:
        await policies.current_policy_version(pool)
    except LookupError:
        return False
    return True
