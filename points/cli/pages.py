"""The pages beside the operations: how ``points serve`` puts both behind one edge."""

from points.edge.beside import Neighbour
from points.flows.ports import Messenger
from points.web.app import create, say_no
from points.web.doors import is_page
from points.wiring import Installation


def neighbour(here: Installation, messenger: Messenger) -> Neighbour:
    """Return the pages of an installation, to be served beside its operations."""
    pages = create(here, here.association, messenger, secure=here.settings.behind_tls)
    return Neighbour(pages, is_page, say_no)
