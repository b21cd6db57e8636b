"""The use cases behind the commands, from photographs to poems and paper."""
