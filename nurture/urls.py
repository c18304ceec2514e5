"""Pages of tracks and of mail, and what the links of a message lead to."""

from django.urls import path

from nurture.views import asking, demand, flows, fresh, lead_panel, mail, recipient, tracks, writing

app_name = "nurture"
urlpatterns = [
    path("leads/<uuid:public_id>/write/", writing.write, name="write"),
    path("mail/", mail.mail, name="mail"),
    path("mail/rules/", mail.mail_rules, name="mail_rules"),
    path("mail/switch/", mail.mail_switch, name="mail_switch"),
    path("mail/messages/<uuid:public_id>/", mail.message, name="message"),
    path("mail/messages/<uuid:public_id>/frame/", mail.message_frame, name="message_frame"),
    path("mail/messages/<uuid:public_id>/decide/", mail.message_decide, name="message_decide"),
    path("demand/", demand.demand, name="demand"),
    path("demand/e-mails/", demand.sends, name="sends"),
    path("library/for-my-leads/", fresh.fresh, name="fresh"),
    path("library/for-my-leads/seen/", fresh.fresh_seen, name="fresh_seen"),
    path("leads/<uuid:public_id>/request/", asking.ask_for_lead, name="ask_for_lead"),
    path("m/<str:token>/", recipient.followed, name="followed"),
    path("mail/o/<str:token>.gif", recipient.opened, name="opened"),
    path("mail/stop/<str:token>/", recipient.stop, name="stop"),
    path("mail/preferences/<str:token>/", recipient.preferences, name="preferences"),
    path("tracks/", tracks.tracks, name="tracks"),
    path("tracks/shipped/", flows.tracks_shipped, name="tracks_shipped"),
    path("tracks/new/", flows.track_new, name="track_new"),
    path("tracks/<uuid:public_id>/", tracks.track, name="track"),
    path("tracks/<uuid:public_id>/try/", tracks.try_it, name="track_try"),
    path("tracks/<uuid:public_id>/draft/", flows.draft, name="track_draft"),
    path("tracks/<uuid:public_id>/change/", flows.track_change, name="track_change"),
    path("tracks/<uuid:public_id>/retire/", flows.track_retire, name="track_retire"),
    path("tracks/<uuid:public_id>/discard/", flows.track_discard, name="track_discard"),
    path("tracks/<uuid:public_id>/publish/", flows.track_publish, name="track_publish"),
    path("tracks/<uuid:public_id>/revert/<int:number>/", flows.track_revert, name="track_revert"),
    path("tracks/<uuid:public_id>/nodes/new/", flows.node_new, name="node_new"),
    path("tracks/<uuid:public_id>/nodes/<int:pk>/", flows.node, name="node"),
    path("tracks/<uuid:public_id>/nodes/<int:pk>/move/", flows.node_move, name="node_move"),
    path("tracks/<uuid:public_id>/nodes/<int:pk>/remove/", flows.node_remove, name="node_remove"),
    path("leads/<uuid:public_id>/track/", lead_panel.lead_panel, name="lead_panel"),
    path("leads/<uuid:public_id>/track/act/", lead_panel.lead_act, name="lead_act"),
]
