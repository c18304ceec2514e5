"""The pages of the reports."""

from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/yield/", views.sleep_yield, name="yield"),
    path("reports/library/", views.shelf, name="shelf"),
    path("reports/asleep/", views.asleep, name="asleep"),
    path("reports/asleep/people/", views.asleep_people, name="asleep_people"),
    path("reports/dead/", views.dead, name="dead"),
    path("reports/dead/people/", views.dead_people, name="dead_people"),
    path("reports/yield/people/", views.yield_people, name="yield_people"),
    path("reports/yield/export/", views.yield_export, name="yield_export"),
]
