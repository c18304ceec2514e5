"""Where somebody stands when she reaches for the library."""

from django.http import HttpRequest

from content.models.use import Place


def place_of(request: HttpRequest, *, otherwise: str = Place.LIBRARY) -> str:
    """What the address says of it; on a telephone, that, unless she came from a lead or from her mail."""
    asked = request.GET.get("from", "")
    if asked in (Place.LEAD, Place.COMPOSER):
        return asked
    if request.headers.get("Sec-CH-UA-Mobile") == "?1" or "Mobi" in request.headers.get("User-Agent", ""):
        return Place.MOBILE
    return asked if asked in Place.values else otherwise
