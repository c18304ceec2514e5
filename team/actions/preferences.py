"""What a user chooses for herself. Nothing here changes what she may see or do."""

from team.models import User


def choose_theme(user: User, theme: str) -> None:
    """Light, dark, or as the system says; anything else is refused by the field's choices before it gets here."""
    user.theme = theme
    user.save(update_fields=["theme"])


def change_preferences(
    user: User, *, name: str, time_zone: str, theme: str, c_dials: bool, is_undisturbed: bool
) -> None:
    """Her name as colleagues read it, the zone in which she reads moments, the theme, whether a key also dials, and
    what may interrupt her."""
    user.name, user.time_zone, user.theme, user.c_dials = name, time_zone, theme, c_dials
    user.is_undisturbed = is_undisturbed
    user.save(update_fields=["name", "time_zone", "theme", "c_dials", "is_undisturbed"])
