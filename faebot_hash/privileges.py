"""What the account may do on the wiki besides editing: a bot that is stolen should be worth little.

MediaWiki cuts the rights of a bot password or an OAuth consumer down to its grants, so the rights that a
login has tell what was granted.
"""

from __future__ import annotations

from collections.abc import Set

# fmt: off
FORBIDDEN = frozenset({
    # delete
    "delete", "bigdelete", "deletedhistory", "deletedtext", "deletelogentry", "deleterevision", "undelete",
    "mergehistory",
    # block and hide
    "block", "blockemail", "unblockself", "hideuser", "suppressrevision", "suppressionlog",
    "viewsuppressed", "globalblock",
    # protect
    "protect", "editprotected", "stablesettings",
    # upload
    "upload", "upload_by_url", "reupload", "reupload-own", "reupload-shared", "movefile", "import",
    "importupload",
    # change the wiki for everybody
    "editinterface", "editsitecss", "editsitejs", "editsitejson", "editusercss", "edituserjs",
    "edituserjson", "gadgets-edit", "abusefilter-modify", "tboverride", "managechangetags",
    "deletechangetags", "siteadmin",
    # act for or against people
    "userrights", "userrights-interwiki", "createaccount", "renameuser", "rollback", "sendemail",
    "massmessage", "checkuser", "checkuser-log", "globalgrouppermissions",
})
# fmt: on
"""Rights that a login of this bot must not have."""

NEEDED = frozenset({"edit"})


def why_refused(rights: Set[str], trial: bool) -> str:
    """Say why a login must not be used: it may do too much, or it lacks what its edits need."""
    if excess := sorted(FORBIDDEN & rights):
        return (
            f"the login may {', '.join(excess)}, which this bot never needs: make a bot password with the "
            "grants “High-volume (bot) access” and “Edit existing pages” alone, and log in with that"
        )
    if missing := sorted(NEEDED - rights):
        return (
            f"the login may not {', '.join(missing)}: give its bot password the grant “Edit existing pages”"
        )
    if not trial and "bot" not in rights:
        return (
            "the account has no bot flag; set [tagging] trial = true until it is granted, and give the bot "
            "password the grant “High-volume (bot) access”"
        )
    return ""
