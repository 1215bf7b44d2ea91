"""The adjustments' part of a batch: those that it asks for, and how far each partner's number."""

from dataclasses import dataclass, field

from points.adjustments.model import Adjustment
from points.kernel.ensure import ensure
from points.kernel.ids import PartnerId
from points.kernel.two_people import Proposals


@dataclass(slots=True)
class AdjustmentBook(Proposals[Adjustment]):
    """Adjustments as they stand. Nothing here touches a database.

    Attributes:
        numbers: The last number of each partner whose next one is asked for; none for none.
    """

    numbers: dict[PartnerId, int] = field(default_factory=dict)

    def next_number(self, partner_id: PartnerId) -> int:
        """Return how a partner's next adjustment is called."""
        return self.numbers.get(partner_id, 0) + 1

    def open(self, fact: Adjustment) -> None:
        """Append an adjustment."""
        ensure(fact.number == self.next_number(fact.partner_id), "numbered without a gap")
        self.numbers[fact.partner_id] = fact.number
        super(AdjustmentBook, self).open(fact)  # a slotted dataclass has no bare super()
