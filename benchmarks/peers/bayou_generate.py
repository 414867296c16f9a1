"""bayou: TEMPLATE COUNT FILE."""

import sys
from pathlib import Path

from tell import tell

import bayou

template, count, out = Path(sys.argv[1]).read_text(), int(sys.argv[2]), sys.argv[3]
tell(count, lambda: bayou.Generator(template, seed=7).write(out, count=count))
