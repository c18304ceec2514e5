"""Pages of tracks and of mail, and what the links of a message lead to."""

from django.urls import path

from nurture.views import asking, mail, recipient, writing

app_name = "nurture"
urlpatterns = [
    path("leads/<uuid:public_id>/write/", writing.write, name="write"),
    path("mail/", mail.mail, name="mail"),
    path("mail/rules/", mail.mail_rules, name="mail_rules"),
    path("mail/switch/", mail.mail_switch, name="mail_switch"),
    path("mail/messages/<uuid:public_id>/", mail.message, name="message"),
    path("mail/messages/<uuid:public_id>/frame/", mail.message_frame, name="message_frame"),
    path("mail/messages/<uuid:public_id>/decide/", mail.message_decide, name="message_decide"),
    path("leads/<uuid:public_id>/request/", asking.ask_for_lead, name="ask_for_lead"),
    path("m/<str:token>/", recipient.followed, name="followed"),
    path("mail/o/<str:token>.gif", recipient.opened, name="opened"),
    path("mail/stop/<str:token>/", recipient.stop, name="stop"),
    path("mail/preferences/<str:token>/", recipient.preferences, name="preferences"),
]
