"""``python -m npal_cli`` is ``npal``."""

from npal_cli.cli import main

if __name__ == "__main__":
    main()
