from django.urls import path

from team import views

app_name = "team"
urlpatterns = [
    path("me/", views.profile, name="profile"),
    path("me/calendar/", views.calendar, name="calendar"),
    path("me/theme/", views.theme, name="theme"),
]
