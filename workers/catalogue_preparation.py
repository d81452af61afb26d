"""Prepares the catalogue for searching, from the command line."""

from collections.abc import Callable

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from activities.preparation import Prepared, prepare
from matching.encoder import Encoder


async def prepare_catalogue(
    pool: asyncpg.Pool, encoder_of: Callable[[], Encoder | None], console: Console
) -> None:
    """Analyse and encode what is new, with a bar for each; Ctrl-C loses the last batch only."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        words = progress.add_task("words", total=None)
        vectors = progress.add_task("vectors", total=None)

        def show(done: Prepared) -> None:
            progress.update(words, completed=done.analysed, total=done.to_analyse)
            if done.to_encode:
                progress.update(vectors, completed=done.encoded, total=done.to_encode)

        done = await prepare(pool, encoder_of, show)
        show(done)
        progress.update(vectors, total=done.to_encode)
    if encoder_of() is None:
        console.print("No encoder runs here: texts are found by their words alone.")
    console.print(f"{done.analysed} analysed, {done.encoded} encoded.", highlight=False)
