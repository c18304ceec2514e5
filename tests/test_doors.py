"""Every address for everybody: one table says who may go where, and an address without a row fails."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import Account
from accounts.search import index_people
from agreement.models import Cadence, Phase, Stage
from content.actions.asking import Need, Voice, ask_for
from content.actions.pulsing import give_feedback
from content.models import Asset, ContentRequest, Feedback
from leads.actions.moving import Target, start_move
from leads.models import BulkMove, Notice, SavedView, SecondLook, SharedAct
from nurture.models import Incoming, Message, MessageLink, SendingHost, Track, TrackNode
from nurture.tokens import LINK, OPENING, PERSON, STOP, token_of
from team.actions.feeds import make_feed
from team.models import Absence, Role, SettingChange
from tests.leads.files import received
from tests.make import make_asset, make_lead, make_user
from tests.nurture.making import add_version, email, make_aside, make_message, make_track, wait

# In this order stand the answers of a row. "own" and "other" is the team, or whose hand-off it is.
WHO = ("nobody", "bdr", "bdr other", "ae", "ae other", "marketer", "manager", "manager other", "admin")
# What others made and answer for: of these it is asked only that no page breaks.
NOT_OURS = ("admin:", "account_", "socialaccount_", "mfa_", "usersessions_")
# The answers to GET and to an empty POST.
DOORS = {
    "healthz": ("200 200 200 200 200 200 200 200 200", "405 405 405 405 405 405 405 405 405"),
    "readyz": ("200 200 200 200 200 200 200 200 200", "405 405 405 405 405 405 405 405 405"),
    "metrics": ("200 200 200 200 200 200 200 200 200", "405 405 405 405 405 405 405 405 405"),
    "team:profile": ("302 200 200 200 200 200 200 200 200", "302 200 200 200 200 200 200 200 200"),
    "team:calendar": ("302 405 405 405 405 405 405 405 405", "302 422 422 422 422 422 422 422 422"),
    "team:theme": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 302 302 302 302"),
    "content:asset": ("200 200 200 200 200 200 200 200 200", "405 405 405 405 405 405 405 405 405"),
    "content:cut_address": ("404 404 404 404 404 404 404 404 404", "405 405 405 405 405 405 405 405 405"),
    "content:library": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "content:library_heard": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 302 302 302 302"),
    "content:asset_new": ("302 200 200 200 200 200 200 200 200", "302 422 422 422 422 422 422 422 422"),
    "content:asset_page": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "content:use": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 302 302 302 302"),
    "content:thumb": ("302 405 405 405 405 405 405 405 405", "302 422 422 422 422 422 422 422 422"),
    "content:asset_edit": ("302 403 403 403 403 200 403 403 200", "302 403 403 403 403 422 403 403 422"),
    "content:version_new": ("302 403 403 403 403 200 403 403 200", "302 403 403 403 403 422 403 403 422"),
    "content:approve": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 302 403 403 302"),
    "content:retire": ("302 403 403 403 403 200 403 403 200", "302 403 403 403 403 422 403 403 422"),
    "content:restore": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 302 403 403 302"),
    "content:version": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:mail": ("302 403 403 403 403 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:mail_rules": ("302 403 403 403 403 403 403 403 302", "302 403 403 403 403 403 403 403 422"),
    "nurture:consent_rule": ("302 403 403 403 403 403 403 403 200", "302 403 403 403 403 403 403 403 422"),
    "nurture:kept_long": ("302 403 403 403 403 403 403 403 200", "302 403 403 403 403 403 403 403 422"),
    "nurture:held": ("302 403 403 403 403 403 403 403 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:held_export": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 403 403 403 200"),
    "nurture:erase": ("302 403 403 403 403 403 403 403 302", "302 403 403 403 403 403 403 403 422"),
    "nurture:lead_consent": ("302 200 404 404 404 200 200 404 200", "302 422 404 404 404 403 422 404 403"),
    "nurture:sender_check": ("302 403 403 403 403 403 403 403 302", "302 403 403 403 403 403 403 403 302"),
    "nurture:mail_switch": ("302 403 403 403 403 302 302 302 302", "302 403 403 403 403 422 422 422 422"),
    "nurture:mail_host": ("302 403 403 403 403 403 403 403 302", "302 403 403 403 403 403 403 403 302"),
    "nurture:message": ("302 200 404 404 404 200 200 404 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:message_frame": ("302 200 404 404 404 200 200 404 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:message_decide": ("302 405 405 405 405 405 405 405 405", "302 403 404 404 404 302 302 404 302"),
    "nurture:write": ("302 200 404 404 404 403 200 404 403", "302 422 404 404 404 403 422 404 403"),
    "content:requests": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "content:request_new": ("302 200 200 200 200 200 200 200 200", "302 422 422 422 422 422 422 422 422"),
    "content:searches": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "content:request_heard": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 302 302 302 302"),
    "content:request": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "content:request_join": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 302 302 302 302"),
    "content:request_accept": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 302 403 403 302"),
    "content:request_take_on": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 302 403 403 302"),
    "content:request_answer": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 422 403 403 422"),
    "content:request_decline": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 422 403 403 422"),
    "content:request_merge": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 422 403 403 422"),
    "content:request_reopen": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 409 403 403 409"),
    "content:feedback": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "content:feedback_answer": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 302 302 302 302"),
    "content:feedback_give": ("302 405 405 405 405 405 405 405 405", "302 422 422 422 422 422 422 422 422"),
    "content:feedback_heard": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 302 302 302 302"),
    "content:pulse": ("302 403 403 403 403 200 403 403 200", "302 403 403 403 403 422 403 403 422"),
    "content:pulse_stop": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 302 403 403 302"),
    "content:talks": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "content:talk_new": ("302 403 403 403 403 200 200 200 200", "302 403 403 403 403 422 422 422 422"),
    "content:feedback_take_on": ("302 405 405 405 405 405 405 405 405", "302 403 404 404 404 302 403 403 302"),
    "content:feedback_close": ("302 405 405 405 405 405 405 405 405", "302 403 404 404 404 422 403 403 422"),
    "content:assets_named": ("302 403 403 403 403 200 403 403 200", "302 405 405 405 405 405 405 405 405"),
    "content:requests_named": ("302 403 403 403 403 200 403 403 200", "302 405 405 405 405 405 405 405 405"),
    "content:asset_users": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:asset_tracks": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:asset_worth": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:incoming": ("302 403 403 403 403 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:incoming_mail": ("302 403 403 403 403 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:incoming_decide": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 422 422 422 422"),
    "nurture:demand": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:sends": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:fresh": ("302 200 200 200 200 403 403 403 403", "302 405 405 405 405 405 405 405 405"),
    "nurture:fresh_seen": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 403 403 403 403"),
    "nurture:lead_feedback": ("302 200 404 404 404 200 200 404 200", "302 422 404 404 404 422 422 404 422"),
    "content:asset_feedback": ("302 200 200 200 200 200 200 200 200", "302 422 422 422 422 422 422 422 422"),
    "nurture:ask_for_lead": ("302 200 404 404 404 200 200 404 200", "302 422 404 404 404 422 422 404 422"),
    "nurture:followed": ("302 302 302 302 302 302 302 302 302", "405 405 405 405 405 405 405 405 405"),
    "nurture:opened": ("200 200 200 200 200 200 200 200 200", "405 405 405 405 405 405 405 405 405"),
    "nurture:stop": ("200 200 200 200 200 200 200 200 200", "200 200 200 200 200 200 200 200 200"),
    "nurture:preferences": ("200 200 200 200 200 200 200 200 200", "422 422 422 422 422 422 422 422 422"),
    "nurture:tracks": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:tracks_shipped": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 302 403 403 302"),
    "nurture:track": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:unfed": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:track_people": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:track_try": ("302 200 200 200 200 200 200 200 200", "302 302 302 403 403 302 302 302 302"),
    "nurture:track_new": ("302 403 403 403 403 200 403 403 200", "302 403 403 403 403 422 403 403 422"),
    "nurture:track_draft": ("302 403 403 403 403 200 403 403 200", "302 403 403 403 403 302 403 403 302"),
    "nurture:track_change": ("302 403 403 403 403 200 403 403 200", "302 403 403 403 403 422 403 403 422"),
    "nurture:track_retire": ("302 403 403 403 403 200 403 403 200", "302 403 403 403 403 422 403 403 422"),
    "nurture:change_revert": ("302 403 403 403 403 200 403 403 200", "302 403 403 403 403 302 403 403 302"),
    "nurture:track_discard": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 200 403 403 200"),
    "nurture:track_publish": ("302 403 403 403 403 200 403 403 200", "302 403 403 403 403 302 403 403 302"),
    "nurture:track_revert": ("302 403 403 403 403 302 403 403 302", "302 403 403 403 403 302 403 403 302"),
    "nurture:node_new": ("302 403 403 403 403 200 403 403 200", "302 403 403 403 403 422 403 403 422"),
    "nurture:node": ("302 403 403 403 403 200 403 403 200", "302 403 403 403 403 422 403 403 422"),
    "nurture:node_letter": ("302 404 404 404 404 200 404 404 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:node_letter_frame": ("302 404 404 404 404 200 404 404 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:node_move": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 302 403 403 302"),
    "nurture:node_remove": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 302 403 403 302"),
    "nurture:suggested": ("302 200 404 404 404 200 200 404 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:suggested_judge": ("302 405 405 405 405 405 405 405 405", "302 404 404 404 404 404 404 404 404"),
    "nurture:lead_panel": ("302 200 404 404 404 200 200 404 200", "302 405 405 405 405 405 405 405 405"),
    "nurture:lead_act": ("302 405 405 405 405 405 405 405 405", "302 302 404 404 404 403 302 404 403"),
    "leads:queue": ("302 200 200 302 302 302 302 302 302", "302 405 405 405 405 405 405 405 405"),
    "leads:now": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "leads:take_next": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 302 302 302 302"),
    "leads:take_many": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 302 302 302 302"),
    "leads:many": ("302 404 404 404 404 403 404 404 403", "302 404 404 404 404 403 404 404 403"),
    "leads:shared_undo": ("302 405 405 405 405 405 405 405 405", "302 302 404 404 404 404 404 404 404"),
    "leads:block": ("302 200 200 200 200 403 200 200 403", "302 302 302 302 302 403 302 302 403"),
    "leads:block_next": ("302 302 302 302 302 302 302 302 302", "302 405 405 405 405 405 405 405 405"),
    "leads:block_leave": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 302 302 302 302"),
    "leads:view_save": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 403 302 302 403"),
    "leads:view_share": ("302 405 405 405 405 405 405 405 405", "302 302 404 404 404 404 302 404 404"),
    "leads:view_remove": ("302 405 405 405 405 405 405 405 405", "302 302 404 404 404 404 302 404 404"),
    "leads:pool": ("302 200 200 403 403 403 200 200 403", "302 405 405 405 405 405 405 405 405"),
    "leads:leads": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "leads:leads_block": ("302 405 405 405 405 405 405 405 405", "302 302 302 403 403 403 403 403 403"),
    "leads:leads_export": ("302 405 405 405 405 405 405 405 405", "302 200 200 200 200 200 200 200 200"),
    "leads:claim": ("302 405 405 405 405 405 405 405 405", "302 302 404 404 404 403 302 404 403"),
    "leads:release": ("302 405 405 405 405 405 405 405 405", "302 302 404 404 404 403 302 404 403"),
    "leads:lead": ("302 200 404 404 404 200 200 404 200", "302 405 405 405 405 405 405 405 405"),
    "leads:timeline": ("302 302 404 404 404 302 302 404 302", "302 405 405 405 405 405 405 405 405"),
    "leads:log_call": ("302 405 405 405 405 405 405 405 405", "302 422 404 404 404 403 422 404 403"),
    "leads:log_touch": ("302 405 405 405 405 405 405 405 405", "302 422 404 404 404 403 422 404 403"),
    "leads:note": ("302 405 405 405 405 405 405 405 405", "302 422 404 404 404 403 422 404 403"),
    "leads:set_step": ("302 405 405 405 405 405 405 405 405", "302 422 404 404 404 403 422 404 403"),
    "leads:finish_step": ("302 405 405 405 405 405 405 405 405", "302 422 404 404 404 403 422 404 403"),
    "leads:answers": ("302 405 405 405 405 405 405 405 405", "302 422 404 404 404 403 422 404 403"),
    "leads:hand_off": ("302 405 405 405 405 405 405 405 405", "302 422 404 404 404 403 422 404 403"),
    "leads:recycle": ("302 405 405 405 405 405 405 405 405", "302 422 404 404 404 403 422 404 403"),
    "leads:disqualify": ("302 405 405 405 405 405 405 405 405", "302 422 404 404 404 403 422 404 403"),
    "leads:undo": ("302 405 405 405 405 405 405 405 405", "302 409 404 404 404 403 409 404 403"),
    "leads:correct": ("302 405 405 405 405 405 405 405 405", "302 422 404 404 404 403 422 404 403"),
    "leads:calendar_feed": ("200 200 200 200 200 200 200 200 200", "405 405 405 405 405 405 405 405 405"),
    "leads:search": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "leads:notices": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "leads:notices_seen": ("302 405 405 405 405 405 405 405 405", "302 302 302 302 302 302 302 302 302"),
    "leads:coming_back": ("302 200 200 200 200 403 200 200 403", "302 405 405 405 405 405 405 405 405"),
    "leads:return_calendar": ("302 200 200 403 403 403 200 200 403", "302 405 405 405 405 405 405 405 405"),
    "leads:renewals": ("302 200 200 200 200 403 200 200 403", "302 405 405 405 405 405 405 405 405"),
    "leads:lives_again": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "leads:wake_offers": ("302 403 403 403 403 200 200 200 200", "302 403 403 403 403 403 302 302 403"),
    "leads:spread_days": ("302 403 403 403 403 403 200 200 403", "302 403 403 403 403 403 302 302 403"),
    "leads:wake": ("302 200 404 404 404 403 200 404 403", "302 302 404 404 404 403 302 404 403"),
    "leads:wake_on": ("302 200 404 404 404 403 200 404 403", "302 200 404 404 404 403 200 404 403"),
    "leads:person_new": ("302 200 200 403 403 403 200 200 403", "302 200 200 403 403 403 200 200 403"),
    "leads:lead_new": ("302 405 405 405 405 405 405 405 405", "302 302 302 403 403 403 302 302 403"),
    "leads:accounts": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "leads:account": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "leads:account_standing": ("302 403 403 200 200 403 200 200 200", "302 403 403 422 422 403 422 422 422"),
    "leads:hand_offs": ("302 200 200 200 200 403 200 200 403", "302 405 405 405 405 405 405 405 405"),
    "leads:hand_off_brief": ("302 200 404 200 404 200 200 404 200", "302 405 405 405 405 405 405 405 405"),
    "leads:accept": ("302 405 405 405 405 405 405 405 405", "302 403 404 302 404 403 302 404 403"),
    "leads:reject": ("302 405 405 405 405 405 405 405 405", "302 403 404 422 404 403 422 404 403"),
    "leads:outcome": ("302 405 405 405 405 405 405 405 405", "302 403 404 422 404 403 422 404 403"),
    "leads:move_meeting": ("302 405 405 405 405 405 405 405 405", "302 422 404 422 404 403 422 404 403"),
    "leads:withdraw": ("302 405 405 405 405 405 405 405 405", "302 302 404 403 404 403 302 404 403"),
    "leads:invitation": ("302 200 404 200 404 200 200 404 200", "302 405 405 405 405 405 405 405 405"),
    "leads:imports": ("302 403 403 403 403 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "leads:import_new": ("302 403 403 403 403 200 200 200 200", "302 403 403 403 403 422 422 422 422"),
    "leads:import": ("302 403 403 403 403 302 302 302 302", "302 405 405 405 405 405 405 405 405"),
    "leads:import_columns": ("302 403 403 403 403 200 200 200 200", "302 403 403 403 403 422 422 422 422"),
    "leads:import_answers": ("302 403 403 403 403 302 302 302 302", "302 403 403 403 403 302 302 302 302"),
    "leads:import_run": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 302 302 302 302"),
    "leads:import_progress": ("302 403 403 403 403 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "leads:import_rejects": ("302 403 403 403 403 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "leads:import_cancel": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 302 302 302 302"),
    "leads:win": ("302 405 405 405 405 405 405 405 405", "302 403 404 302 404 403 302 404 403"),
    "leads:lose": ("302 405 405 405 405 405 405 405 405", "302 403 404 422 404 403 422 404 403"),
    "leads:stall": ("302 405 405 405 405 405 405 405 405", "302 403 404 422 404 403 422 404 403"),
    "leads:return": ("302 405 405 405 405 405 405 405 405", "302 403 404 302 404 403 302 404 403"),
    "leads:team": ("302 403 403 403 403 403 200 200 403", "302 405 405 405 405 405 405 405 405"),
    "leads:move": ("302 403 403 403 403 403 200 200 403", "302 403 403 403 403 403 422 422 403"),
    "leads:moving": ("302 403 403 403 403 403 200 404 403", "302 405 405 405 405 405 405 405 405"),
    "leads:take_move_back": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 403 302 404 403"),
    "leads:settings": ("302 403 403 403 403 403 403 403 302", "302 405 405 405 405 405 405 405 405"),
    "leads:routing": ("302 403 403 403 403 403 403 403 200", "302 405 405 405 405 405 405 405 405"),
    "leads:audit": ("302 403 403 403 403 403 403 403 200", "302 405 405 405 405 405 405 405 405"),
    "leads:person_login": ("302 403 403 403 403 403 403 403 200", "302 403 403 403 403 403 403 403 422"),
    "leads:setting_list": ("302 403 403 403 403 403 403 403 200", "302 405 405 405 405 405 405 405 405"),
    "leads:setting_new": ("302 403 403 403 403 403 403 403 200", "302 403 403 403 403 403 403 403 200"),
    "leads:setting": ("302 403 403 403 403 403 403 403 200", "302 403 403 403 403 403 403 403 200"),
    "leads:under_way": ("302 403 403 403 403 403 403 403 200", "302 403 403 403 403 403 403 403 302"),
    "leads:setting_retire": ("302 403 403 403 403 403 403 403 200", "302 403 403 403 403 403 403 403 200"),
    "leads:setting_remove": ("302 403 403 403 403 403 403 403 404", "302 403 403 403 403 403 403 403 404"),
    "leads:setting_move": ("302 405 405 405 405 405 405 405 405", "302 403 403 403 403 403 403 403 302"),
    "leads:setting_revert": ("302 403 403 403 403 403 403 403 200", "302 403 403 403 403 403 403 403 302"),
    "leads:team_leads": ("302 403 403 403 403 403 200 200 403", "302 405 405 405 405 405 405 405 405"),
    "leads:spread": ("302 403 403 403 403 403 200 200 403", "302 403 403 403 403 403 200 200 403"),
    "leads:recycle_many": ("302 403 403 403 403 403 200 200 403", "302 403 403 403 403 403 422 422 403"),
    "leads:team_month": ("302 403 403 403 403 403 200 200 403", "302 405 405 405 405 405 405 405 405"),
    "leads:rep_queue": ("302 403 403 403 403 403 200 404 403", "302 405 405 405 405 405 405 405 405"),
    "leads:rep_sheet": ("302 403 403 403 403 403 200 404 403", "302 405 405 405 405 405 405 405 405"),
    "leads:away": ("302 200 200 200 200 403 403 403 403", "302 302 302 302 302 403 403 403 403"),
    "leads:rep_away": ("302 403 403 403 403 403 200 404 403", "302 403 403 403 403 403 302 404 403"),
    "leads:absence_end": ("302 405 405 405 405 405 405 405 405", "302 302 404 404 404 404 302 404 404"),
    "leads:approve": ("302 405 405 405 405 405 405 405 405", "302 403 404 404 404 403 302 404 403"),
    "reports:reports": ("302 302 302 302 302 302 302 302 302", "302 405 405 405 405 405 405 405 405"),
    "reports:yield": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "reports:shelf": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "reports:asleep": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "reports:asleep_people": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "reports:dead": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "reports:dead_people": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "reports:yield_people": ("302 200 200 200 200 200 200 200 200", "302 405 405 405 405 405 405 405 405"),
    "reports:yield_export": ("302 405 405 405 405 405 405 405 405", "302 200 200 200 200 200 200 200 200"),
    "leads:put_back": ("302 405 405 405 405 405 405 405 405", "302 403 404 404 404 403 302 404 403"),
}


def walk(resolver=None, prefix=""):
    """Every name there is, with its parameters."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            space = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from walk(entry, space)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}", entry.pattern.regex.groupindex.keys(), entry


def ours():
    return [name for name, _parameters, _entry in walk() if not name.startswith(NOT_OURS)]


@pytest.fixture
def clients(alice, eve, peter, mona, team):
    south = eve.memberships.get().team
    cast = {
        "bdr": alice,
        "bdr other": eve,
        "ae": peter,
        "ae other": make_user("petra", Role.AE),
        "marketer": make_user("mark", Role.MARKETER),
        "manager": mona,
        "manager other": make_user("max", Role.MANAGER, team=south),
        "admin": make_user("ada", Role.ADMIN, is_staff=True, is_superuser=True),
    }
    found = {"nobody": Client()}
    for who, user in cast.items():
        found[who] = Client()
        found[who].force_login(user)
    return found


@pytest.fixture
def things(alice, peter, mona, team):
    """For each address something that its act is meant for, in Alice's team and Peter's hands."""
    now = timezone.now()
    leads = {phase: make_lead(phase=phase, bdr=alice, ae=peter, at=now) for phase in Phase}
    leads[Phase.QUEUED] = make_lead(team=team, at=now)
    meeting = {"meeting_at": now + timedelta(days=1), "local_meeting": now + timedelta(days=1), "zone": "UTC"}
    leads[Phase.HANDED_OFF].hand_offs.update(**meeting)
    Absence.objects.create(user=alice, starts_at=now + timedelta(days=9), ends_at=now + timedelta(days=10))
    return leads, SecondLook.objects.get(), received(b"Email\na@corvane.io\n", by=mona)


PHASES = {
    "claim": Phase.QUEUED, "wake": Phase.NURTURE, "wake_on": Phase.NURTURE, "win": Phase.QUALIFIED,
    "lose": Phase.QUALIFIED, "stall": Phase.QUALIFIED, "return": Phase.QUALIFIED,
}  # fmt: skip
OF_HAND_OFFS = {"hand_off_brief", "accept", "reject", "outcome", "move_meeting", "withdraw", "invitation"}


def renamed_stage():
    """A change of a setting that can be reverted."""
    stage = Stage.objects.get(key="connected")
    changes = {"label": ["Spoke", stage.label]}
    now = timezone.now()
    return SettingChange.objects.create(at=now, model="agreement.Stage", object_id=str(stage.pk), changes=changes)


def renamed_track():
    """Somebody has called a track otherwise."""
    track = Track.objects.filter(name="Doors").first() or make_track(wait(1), name="Doors")
    now, changes = timezone.now(), {"name": ["Windows", "Doors"]}
    return SettingChange.objects.create(at=now, model="nurture.Track", object_id=str(track.pk), changes=changes)


def act_on_many(rep):
    """What a rep has just done to several leads."""
    at, known = timezone.now(), SharedAct.objects.filter(by=rep).first()
    return known or SharedAct.objects.create(key="x", by=rep, at=at, verb="take", events=[])


def move_of_many(lead):
    """A manager's move of a team's leads that is under way."""
    known = BulkMove.objects.filter(team=lead.team).first()
    by = lead.team.memberships.get(role=Role.MANAGER).user
    return known or start_move([lead.pk], of=lead.team, target=Target(), by=by, at=timezone.now())


def shared_view(lead):
    """A view that a rep shares with her team."""
    fields = {"user": lead.bdr, "team": lead.team, "query": "tier=A", "created_at": timezone.now()}
    return SavedView.objects.get_or_create(name="Best first", defaults=fields)[0]


def asset_args(parameters):
    """What an address of the library names: an asset with one version."""
    asset = Asset.objects.first() or make_asset(form="snippet", at=timezone.now())
    return [{"public_id": asset.public_id, "number": 1}[name] for name in parameters]


def asked_for(rep):
    """What a rep asked marketing for."""
    known = ContentRequest.objects.first()
    return known or ask_for(Need("A case study of a mill"), Voice(), by=rep, at=timezone.now())


def said_by(rep):
    """What a rep said would serve her better."""
    return Feedback.objects.first() or give_feedback("Shorter cases", by=rep, on=timezone.localdate())


def mail_args(short):
    """What a link of a message that was sent names."""
    message = Message.objects.first() or make_message()
    link, _made = MessageLink.objects.get_or_create(message=message, number=1, defaults={"url": "https://a.example/"})
    what = {"followed": (LINK, link.pk), "opened": (OPENING, message.pk), "stop": (STOP, message.pk)}
    return [token_of(*what.get(short, (PERSON, message.person_id)))]


def waiting_host():
    """A machine that would send mail."""
    now = timezone.now()
    return SendingHost.objects.get_or_create(name="mail-2", defaults={"key": uuid4(), "first_at": now, "seen_at": now})[
        0
    ]


def track_args(short, parameters):
    """What an address of a track names: one that runs, with a draft, and the node of that."""
    track = Track.objects.filter(name="Doors").first()
    if track is None:
        track = make_track(wait(1), name="Doors")
        add_version(track, wait(2), email(), published=False)
    kind = "email" if short.startswith("node_letter") else "wait"
    node = TrackNode.objects.get(version__track=track, version__published_at=None, kind=kind)
    return [{"public_id": track.public_id, "number": 1, "pk": node.pk}[name] for name in parameters]


def address(name, parameters, things):
    leads, look, run = things
    short = name.rpartition(":")[2]
    if short.startswith("message"):
        return reverse(name, args=[(Message.objects.first() or make_message(lead=leads[Phase.WORKING])).public_id])
    if short == "mail_host":
        return reverse(name, args=[waiting_host().pk])
    if short.startswith("incoming_"):
        return reverse(name, args=[(Incoming.objects.first() or make_aside()).pk])
    if name.startswith("nurture:") and "token" in parameters:
        return reverse(name, args=mail_args(short))
    if name == "nurture:change_revert":
        return reverse(name, args=[renamed_track().pk])
    if name.startswith(("nurture:track", "nurture:node")):
        return reverse(name, args=track_args(short, parameters))
    if short == "setting_revert":
        return reverse(name, args=[renamed_stage().pk])
    if short.startswith("request") and name.startswith("content:") and "public_id" in parameters:
        return reverse(name, args=[asked_for(leads[Phase.WORKING].bdr).public_id])
    if short.startswith("feedback") and "public_id" in parameters:
        return reverse(name, args=[said_by(leads[Phase.WORKING].bdr).public_id])
    if short == "cut_address":
        return reverse(name, args=["0198c0de-00"])
    if name.startswith("content:") or name.startswith("nurture:asset_"):
        return reverse(name, args=asset_args(parameters))
    if "token" in parameters:
        return reverse(name, args=[make_feed(leads[Phase.WORKING].bdr, has_names=True, at=timezone.now())])
    if short == "shared_undo":
        return reverse(name, args=[act_on_many(leads[Phase.WORKING].bdr).public_id])
    if short in ("moving", "take_move_back"):
        return reverse(name, args=[move_of_many(leads[Phase.WORKING]).public_id])
    if short.startswith("view_") and "pk" in parameters:
        return reverse(name, args=[shared_view(leads[Phase.WORKING]).pk])
    if "slug" in parameters:
        return reverse(name, args=["stages", *([Stage.objects.get(key="connected").pk] if "pk" in parameters else [])])
    if short == "under_way":
        return reverse(name, args=[Cadence.objects.get(key="content").pk])
    if short == "absence_end":
        return reverse(name, args=[Absence.objects.get().pk])
    if short.startswith(("rep_", "person_login")):
        return reverse(name, args=[leads[Phase.WORKING].bdr_id])
    if "pk" in parameters:
        return reverse(name, args=[look.pk])
    if "public_id" not in parameters:
        return reverse(name)
    if short.startswith("account"):
        return reverse(name, args=[Account.objects.get_or_create(name="Corvane")[0].public_id])
    if short in OF_HAND_OFFS:
        return reverse(name, args=[leads[Phase.HANDED_OFF].hand_offs.get().public_id])
    if short.startswith("import"):
        return reverse(name, args=[run.public_id])
    if short in ("held", "held_export", "erase"):
        return reverse(name, args=[leads[Phase.WORKING].person.public_id])
    if short == "lead_new":
        return reverse(name, args=[leads[Phase.CLOSED].person.public_id])
    return reverse(name, args=[leads[PHASES.get(short, Phase.WORKING)].public_id])


def answer(client, method, url):
    """The status; what it would have changed is rolled back."""
    with transaction.atomic():
        response = getattr(client, method)(url)
        if response.streaming:
            b"".join(response)
        transaction.set_rollback(True)
    return response.status_code


def test_every_address_has_a_row_and_every_row_an_address():
    assert sorted(set(ours())) == sorted(DOORS)


# Who may go where is said by the same QuerySets on both databases; that no address breaks there, test_odd_input asks.
@pytest.mark.once
@pytest.mark.parametrize("room", sorted({name.rpartition(":")[0] for name in DOORS}))
def test_everybody_is_answered_as_the_table_says(clients, things, room):
    parameters = {name: names for name, names, _entry in walk()}
    rows = {name: row for name, row in DOORS.items() if name.rpartition(":")[0] == room}
    met = {}
    for name in rows:
        url = address(name, parameters[name], things)
        met[name] = tuple(" ".join(str(answer(clients[who], method, url)) for who in WHO) for method in ("get", "post"))

    assert {name: row for name, row in met.items() if row != rows[name]} == {}


def test_every_other_method_is_refused_and_only_pages_for_machines_tell_a_head_what_a_get_would(clients, things):
    parameters = {name: names for name, names, _entry in walk()}
    met = {}
    for name in DOORS:
        url = address(name, parameters[name], things)
        for method in ("head", "put", "patch", "delete", "options", "trace"):
            met[name, method] = answer(clients["admin"], method, url)

    answered = {door: status for door, status in met.items() if status != 405}
    heads = {(name, "head"): 200 for name in ("healthz", "readyz", "metrics", "leads:calendar_feed")}
    # So is the address that recipients were given: what a link leads to is asked before it is shown.
    heads |= {("content:asset", "head"): 200, ("content:cut_address", "head"): 404}
    # Machines that look through mail ask so, and are known by it.
    heads |= {(f"nurture:{name}", "head"): 200 for name in ("opened", "stop", "preferences")}
    assert answered == heads | {("nurture:followed", "head"): 302}


# What is nobody's: whether the place runs, and her own settings.
OPEN_TO_ALL = {
    "content:asset", "healthz", "readyz", "metrics", "team:profile", "team:calendar", "team:theme",
    "nurture:opened", "nurture:stop", "nurture:preferences",
}  # fmt: skip


def test_who_holds_no_role_any_more_is_shown_nobody(things, alice, mona, team):
    parameters = {name: names for name, names, _entry in walk()}
    lead = things[0][Phase.WORKING]
    Notice.objects.create(user=alice, lead=lead, kind=Notice.Kind.RETURNED, at=timezone.now())
    index_people([lead.person_id])
    alice.memberships.all().delete()
    client = Client()
    client.force_login(alice)
    told = {}
    for name in DOORS:
        url = address(name, parameters[name], things)
        for method, there in (("get", url), ("post", url), ("get", f"{url}?q={lead.person.family_name}")):
            with transaction.atomic():
                response = getattr(client, method)(there)
                transaction.set_rollback(True)
            says = not response.streaming and str(lead.person).encode() in response.content
            if says or (response.status_code not in (302, 403, 404, 405) and name not in OPEN_TO_ALL):
                told[name, method] = response.status_code

    assert told == {}


def test_no_page_of_others_breaks(clients):
    for client in clients.values():
        client.raise_request_exception = False
    urls = {reverse(name) for name, names, _entry in walk() if name.startswith(NOT_OURS) and not names}

    met = {url: answer(clients[who], "get", url) for who in ("nobody", "bdr", "admin") for url in sorted(urls)}

    assert [url for url, status in met.items() if status >= 500] == []
