"""A process that posts correction batches member by member, to be killed at any moment.

Usage: ``corrector.py URL JOURNAL NOW``. The journal grows with each member that is done.
"""

import os
import sys
from datetime import datetime
from pathlib import Path

from points.corrections.model import State
from points.corrections.reads import list_corrections
from points.flows import posting_corrections
from points.flows.table import FLOWS
from tests.flows.town import HERE, town


def main() -> None:
    url, file, now = sys.argv[1:]
    journal = os.open(Path(file), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    posting_corrections.MEMBERS_A_PAGE = 1
    with town(url, FLOWS) as here:
        here.clock.set(datetime.fromisoformat(now))
        with here.engine.reading(HERE) as connection:
            [standing] = list_corrections(connection, HERE, State.APPROVED)
        posting_corrections.post_batch(
            here.engine, HERE, standing, tell=lambda _: os.write(journal, b".") and None
        )


if __name__ == "__main__":
    main()
