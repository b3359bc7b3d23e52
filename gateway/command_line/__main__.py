"""`python -m gateway.command_line` is `diarchy`."""

from gateway.command_line import main

main()
