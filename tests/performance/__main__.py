"""``python -m tests.performance``: the benchmarks."""

import sys

from tests.performance.bench import main

sys.exit(main())
