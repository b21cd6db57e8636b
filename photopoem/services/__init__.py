"""The use cases: what the commands do, from photographs to poems and paper."""
