"""The library, and the one address of each asset."""

from django.urls import path

from content.views import feedback, keeping, library, naming, page, requests, serving, talks

app_name = "content"
urlpatterns = [
    path("c/<uuid:public_id>/", serving.asset, name="asset"),
    path("c/<str:cut>/", serving.cut_address, name="cut_address"),
    path("library/", library.library, name="library"),
    path("library/new/", keeping.asset_new, name="asset_new"),
    path("library/heard/", library.library_heard, name="library_heard"),
    path("library/named/", naming.assets_named, name="assets_named"),
    path("library/<uuid:public_id>/", page.asset_page, name="asset_page"),
    path("library/<uuid:public_id>/used-by/", page.asset_users, name="asset_users"),
    path("library/<uuid:public_id>/use/", page.use, name="use"),
    path("library/<uuid:public_id>/thumb/", page.thumb, name="thumb"),
    path("library/<uuid:public_id>/feedback/", feedback.asset_feedback, name="asset_feedback"),
    path("library/<uuid:public_id>/edit/", keeping.asset_edit, name="asset_edit"),
    path("library/<uuid:public_id>/version/", keeping.version_new, name="version_new"),
    path("library/<uuid:public_id>/versions/<int:number>/", serving.version, name="version"),
    path("library/<uuid:public_id>/versions/<int:number>/approve/", keeping.approve, name="approve"),
    path("library/<uuid:public_id>/retire/", keeping.retire, name="retire"),
    path("library/<uuid:public_id>/restore/", keeping.restore, name="restore"),
    path("requests/", requests.requests, name="requests"),
    path("requests/new/", requests.request_new, name="request_new"),
    path("requests/searches/", requests.searches, name="searches"),
    path("requests/heard/", requests.heard, name="request_heard"),
    path("requests/named/", naming.requests_named, name="requests_named"),
    path("requests/<uuid:public_id>/", requests.request_page, name="request"),
    path("requests/<uuid:public_id>/join/", requests.join, name="request_join"),
    path("requests/<uuid:public_id>/accept/", requests.accept, name="request_accept"),
    path("requests/<uuid:public_id>/take-on/", requests.take_on, name="request_take_on"),
    path("requests/<uuid:public_id>/answer/", requests.answer, name="request_answer"),
    path("requests/<uuid:public_id>/decline/", requests.decline, name="request_decline"),
    path("requests/<uuid:public_id>/same/", requests.merge, name="request_merge"),
    path("requests/<uuid:public_id>/reopen/", requests.reopen, name="request_reopen"),
    path("feedback/", feedback.feedback, name="feedback"),
    path("feedback/answer/", feedback.answer, name="feedback_answer"),
    path("feedback/give/", feedback.give, name="feedback_give"),
    path("feedback/heard/", feedback.feedback_heard, name="feedback_heard"),
    path("feedback/questions/", feedback.pulse, name="pulse"),
    path("feedback/questions/stop/", feedback.pulse_stop, name="pulse_stop"),
    path("feedback/talks/", talks.talks, name="talks"),
    path("feedback/talks/new/", talks.talk_new, name="talk_new"),
    path("feedback/<uuid:public_id>/take-on/", feedback.feedback_take_on, name="feedback_take_on"),
    path("feedback/<uuid:public_id>/close/", feedback.feedback_close, name="feedback_close"),
]
