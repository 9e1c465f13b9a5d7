"""The code of docs/python.md, in its order. usage: page_test.py REPOSITORY"""

import doctest
import re
import sys

try:
    import numpy  # noqa: F401
except ImportError:
    print("skipped: numpy is not there")
    sys.exit(77)

page = sys.argv[1] + "/docs/python.md"
with open(page, encoding="utf-8") as text:
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", text.read(), re.M | re.S))
test = doctest.DocTestParser().get_doctest(code, {}, page, page, 0)
assert len(test.examples) > 5, f"only {len(test.examples)} lines of code found: the page is written otherwise now"
sys.exit(bool(doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed))
