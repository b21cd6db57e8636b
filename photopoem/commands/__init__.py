"""The commands, in click only: parse, call a service, show the result."""
