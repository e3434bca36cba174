"""Anyone's table into the contract: readers for four formats, and mappings (`*.yaml`) that say which column is what."""
