"""Commands that fill the catalogue and prepare it for searching."""

import typer

catalogue_app = typer.Typer(help="What institutes hold, and searching it.", no_args_is_help=True)
