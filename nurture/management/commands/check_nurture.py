"""`./run manage check_nurture`: what `check_leads` asks, and of tracks that nobody stands idle in one."""

from datetime import datetime

from leads.management.commands.check_leads import Command as CheckLeads
from nurture.checking import check_tracks


class Command(CheckLeads):
    help = "check_leads, and the promises of tracks; prints counts and exits 1 if any is not 0."
    all_well = "Nobody is left behind, and nobody idle."

    def found(self, at: datetime) -> dict[str, list[int]]:
        return {**super().found(at), **check_tracks(at=at)}
