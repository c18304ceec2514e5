"""Prepare a site of either database by the product's own actions, in its environment: `company`, or `import FILE`."""

import importlib
import json
import sys

import django

if __name__ == "__main__":
    django.setup()
    done = getattr(importlib.import_module("tests.bench.preparing"), sys.argv[1])(*sys.argv[2:])
    print(json.dumps(done))
