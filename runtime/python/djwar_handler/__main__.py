"""``python -m djwar_handler``: the parent process. The work is in :mod:`djwar_handler.parent`."""

from djwar_handler.parent import main

main()
