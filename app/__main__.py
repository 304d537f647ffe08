"""The command `entente`, also as `python -m app`."""

import gc

# What is imported stays: to look through it for garbage, now or while it serves, is lost time.
gc.disable()

from app.cli import main  # noqa: E402 - after that

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main(prog_name="entente")
