"""Every kind of setting, in the order of its tabs."""

from leads.settings.benchmarks import Benchmarks
from leads.settings.cadences import Cadences
from leads.settings.calendars import CalendarsKind
from leads.settings.choices import Choices
from leads.settings.criteria import Criteria
from leads.settings.dispositions import Dispositions
from leads.settings.kind import Kind
from leads.settings.labels import Labels, Topics
from leads.settings.own_fields import OwnFields
from leads.settings.people import People
from leads.settings.promises import Promises
from leads.settings.reasons import Reasons
from leads.settings.stages import Stages
from leads.settings.teams import Teams
from leads.settings.territories import Territories

KINDS: tuple[Kind, ...] = (
    Choices(), People(), Teams(), Territories(), CalendarsKind(), Stages(), Promises(), Reasons(), Criteria(),
    Dispositions(), Cadences(), OwnFields(), Topics(), Labels(), Benchmarks(),
)  # fmt: skip
BY_SLUG = {kind.slug: kind for kind in KINDS}
BY_MODEL = {kind.model._meta.label: kind for kind in KINDS}
