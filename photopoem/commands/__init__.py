"""One module a command: click only, parse, call, show."""
