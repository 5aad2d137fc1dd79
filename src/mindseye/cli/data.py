"""`mindseye data`: prepare data sets, look at their rows as a model sees them."""

from __future__ import annotations

from . import data_prepare, data_show
from .options import Commands


def register(commands: Commands) -> None:
    parser = commands.add_parser(
        "data",
        help="prepare published data sets, show rows as a model reads them",
        description="Make rows for training, batch runs and evaluation of data sets as they are published, and show "
        "them token by token.",
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    data_prepare.register(verbs)
    data_show.register(verbs)
