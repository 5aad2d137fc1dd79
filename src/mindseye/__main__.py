"""`python -m mindseye` is the command `mindseye`."""

import sys

from .cli.main import main

sys.exit(main())
