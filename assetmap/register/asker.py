"""In whose name somebody would be contacted, whoever of several bodies does it."""

from dataclasses import dataclass
from typing import Self

from assetmap.models import Person, Team


@dataclass(frozen=True)
class Asker:
    """A team and its body, where it has one. name: by which people agreed to be contacted."""

    team_id: int
    partner_id: int | None
    name: str

    @classmethod
    def of(cls, team: Team) -> Self:
        """A team that was read with its body."""
        return cls(team.id, team.partner_id, (team.partner or team).name)

    def keeps(self, person: Person) -> bool:
        """Whether it is them with whom somebody, read with their team, agreed what they agreed."""
        of_body = self.partner_id is not None and person.team.partner_id == self.partner_id
        return person.team_id == self.team_id or of_body
