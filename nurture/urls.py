"""Pages of tracks and of mail, and what the links of a message lead to."""

from django.urls import path

from nurture.views import recipient

app_name = "nurture"
urlpatterns = [
    path("m/<str:token>/", recipient.followed, name="followed"),
    path("mail/o/<str:token>.gif", recipient.opened, name="opened"),
    path("mail/stop/<str:token>/", recipient.stop, name="stop"),
    path("mail/preferences/<str:token>/", recipient.preferences, name="preferences"),
]
