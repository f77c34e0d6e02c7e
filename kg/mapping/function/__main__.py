"""Write docs/functions.md: `python -m kg.mapping.function > docs/functions.md`."""

import sys

from kg.mapping.function.document import page

sys.stdout.write(page())
