"""Every kind of setting, in the order of its tabs."""

from leads.settings.choices import Choices
from leads.settings.criteria import Criteria
from leads.settings.kind import Kind
from leads.settings.promises import Promises
from leads.settings.reasons import Reasons
from leads.settings.stages import Stages

KINDS: tuple[Kind, ...] = (Choices(), Stages(), Promises(), Reasons(), Criteria())
BY_SLUG = {kind.slug: kind for kind in KINDS}
BY_MODEL = {kind.model._meta.label: kind for kind in KINDS}
