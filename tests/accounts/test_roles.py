import pytest

from s3chem_events.accounts import roles
from s3chem_events.accounts.roles import Role

pytestmark = pytest.mark.one_database


def permissions(role: Role) -> set[str]:
    return {permission for permission in roles.PERMISSIONS if roles.may(role, permission)}


def test_the_table_of_rights():
    everyone = {"account.own", "dashboard.see", "event.see", "participants.see"}
    organiser = everyone | {"event.edit", "participants.edit", "participants.enter", "participants.export"}
    organiser |= {"answers.see", "needs.see", "questions.edit"}
    organiser |= {"gate.export", "gate.see", "invitations.edit", "invitations.export", "invitations.see"}
    organiser |= {"presence.edit", "participants.write", "arrivals.see", "arrivals.finish"}
    writer = {"campaigns.see", "campaigns.edit", "campaigns.release"}
    organiser |= writer
    editor = {"subscribers.see", "subscribers.edit", "subscribers.export"}
    editor |= {"campaigns.list", "news.edit"} | writer
    assert {role: permissions(role) for role in Role} == {
        Role.COMMUNICATION: (everyone - {"participants.see"}) | editor,
        Role.READ_ONLY: everyone | {"invitations.see"},
        Role.DESK_HELPER: everyone | {"participants.enter", "presence.edit"},
        Role.PARTNER_ORGANISER: organiser,
        Role.COORDINATOR: organiser
        | {"audit.see", "blocks.lift", "event.add", "needs.export", "organisers.manage", "organisers.see"}
        | {"outbox.manage", "outbox.see", "pages.edit", "wordings.edit"}
        | editor,
    }
    assert {role for role in Role if roles.is_bound(role)} == {Role.PARTNER_ORGANISER, Role.DESK_HELPER}


def test_an_unknown_permission_is_nobodys():
    assert [role for role in Role if roles.may(role, "everything")] == []
