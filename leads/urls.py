"""Every page of the reps, their AEs and managers."""

from django.urls import path

from leads.views import coming_back, hand_offs, imports, notices, people, pool, queue, search

app_name = "leads"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("take-next/", queue.take_next, name="take_next"),
    path("pool/", pool.pool, name="pool"),
    path("leads/<uuid:public_id>/claim/", pool.claim, name="claim"),
    path("leads/<uuid:public_id>/release/", pool.release, name="release"),
    path("search/", search.search, name="search"),
    path("notices/", notices.notices, name="notices"),
    path("notices/seen/", notices.mark_seen, name="notices_seen"),
    path("coming-back/", coming_back.coming_back, name="coming_back"),
    path("leads/<uuid:public_id>/wake/", coming_back.wake, name="wake"),
    path("leads/<uuid:public_id>/wake-on/", coming_back.wake_on, name="wake_on"),
    path("people/new/", people.person_new, name="person_new"),
    path("people/<uuid:public_id>/lead/", people.lead_new, name="lead_new"),
    path("hand-offs/", hand_offs.hand_offs, name="hand_offs"),
    path("hand-offs/<uuid:public_id>/", hand_offs.hand_off_brief, name="hand_off_brief"),
    path("hand-offs/<uuid:public_id>/accept/", hand_offs.accept, name="accept"),
    path("hand-offs/<uuid:public_id>/reject/", hand_offs.reject, name="reject"),
    path("hand-offs/<uuid:public_id>/outcome/", hand_offs.outcome, name="outcome"),
    path("hand-offs/<uuid:public_id>/move/", hand_offs.move, name="move_meeting"),
    path("hand-offs/<uuid:public_id>/withdraw/", hand_offs.withdraw, name="withdraw"),
    path("hand-offs/<uuid:public_id>/invitation.ics", hand_offs.invitation_file, name="invitation"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/<uuid:public_id>/", imports.import_page, name="import"),
    path("imports/<uuid:public_id>/columns/", imports.import_columns, name="import_columns"),
    path("imports/<uuid:public_id>/answers/", imports.import_answers, name="import_answers"),
    path("imports/<uuid:public_id>/run/", imports.import_run, name="import_run"),
    path("imports/<uuid:public_id>/progress/", imports.import_progress, name="import_progress"),
    path("imports/<uuid:public_id>/rejected.csv", imports.import_rejects, name="import_rejects"),
    path("imports/<uuid:public_id>/cancel/", imports.import_cancel, name="import_cancel"),
    path("leads/<uuid:public_id>/win/", hand_offs.win, name="win"),
    path("leads/<uuid:public_id>/lose/", hand_offs.lose, name="lose"),
    path("leads/<uuid:public_id>/stall/", hand_offs.stall, name="stall"),
    path("leads/<uuid:public_id>/return/", hand_offs.give_back, name="return"),
]
