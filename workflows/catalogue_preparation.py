"""CataloguePreparation: computes what searching needs of the catalogue's new texts."""

from temporalio import workflow

from workflows import activity_stubs


@workflow.defn(name="CataloguePreparation")
class CataloguePreparation:
    """One look for new texts; a schedule starts it, and skips while one runs."""

    @workflow.run
    async def run(self) -> int:
        """Analyse and encode what is new; returns how many texts that were."""
        return await activity_stubs.prepare_texts()
