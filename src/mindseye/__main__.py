"""`python -m mindseye` is the command `mindseye`."""

import sys

from mindseye.cli.main import main

sys.exit(main())
