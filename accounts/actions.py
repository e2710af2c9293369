"""What the trail can say about people and their rights."""

from django.utils.translation import gettext_noop as _

from audit.actions import register

register("person.signed_in", _("Sign-in"), _("{actor} signed in"))
register("person.signed_out", _("Sign-out"), _("{actor} signed out"))
register("person.sign_in_failed", _("Failed sign-in"), _("Somebody failed to sign in as {object}"))
register(
    "person.identity_check_failed",
    _("Wrong password when confirming who it is"),
    _("{actor} gave a wrong password when confirming who they are"),
)
register("person.signature_check_failed", _("Wrong password at a signature"), _("{actor} gave a wrong password when signing"))
register(
    "person.second_factor_failed",
    _("Wrong second factor"),
    _("Somebody gave a wrong second factor as {object}, after the right password or within a session"),
)
register("person.signature_factor_failed", _("Wrong second factor at a signature"), _("{actor} gave a wrong second factor when signing"))
register(
    "person.confirmation_check_failed",
    _("Wrong password when changing somebody's sign-in"),
    _("{actor} gave a wrong password when confirming a change of somebody's sign-in"),
)
register(
    "person.confirmation_factor_failed",
    _("Wrong second factor when changing somebody's sign-in"),
    _("{actor} gave a wrong second factor when confirming a change of somebody's sign-in"),
)
register(
    "person.factors_reset",
    _("Second factors removed by somebody else"),
    _("{actor} removed the second factors of {object} ({factors}) and ended their sessions: {reason}"),
)
register(
    "person.provider_disconnected",
    _("Provider disconnected"),
    _("{actor} disconnected {object} from the provider {provider} and ended their sessions: {reason}"),
)
register("person.password_set", _("Temporary password set by a command"), _("{actor} gave {object} a temporary password"))
register(
    "person.password_reset",
    _("Temporary password set"),
    _("{actor} gave {object} a temporary password in place of theirs and ended their sessions: {reason}"),
)
register("person.password_changed", _("Password changed"), _("{actor} changed their password"))
register("person.factor_added", _("Second factor added"), _("{actor} enrolled a second factor: {factor}"))
register("person.factor_removed", _("Second factor removed"), _("{actor} removed a second factor: {factor}"))
register(
    "person.recovery_codes_renewed", _("Recovery codes renewed"), _("{actor} made new recovery codes, and the former ones work no more")
)
register(
    "person.provider_connected",
    _("Provider connected"),
    _("{actor} signed in through {provider} for the first time, which was connected to the account"),
)
register("person.provider_confirmed", _("Fresh sign-in at a provider"), _("{actor} signed in again through {provider} for a signature"))
register(
    "person.provider_refused",
    _("Sign-in through a provider refused"),
    _("The provider {provider} vouched for {object}, who was not let in"),
)
register("person.times_set", _("Own days and times chosen"), _("{actor} chose how days and times are written for them"))
register("organisation.times_set", _("Days and times of the organisation set"), _("{actor} set how days and times are written in {object}"))
register("person.added", _("Person added"), _("{actor} added {object}"))
register("role.granted", _("Role given"), _("{actor} gave {object} the role {role}"))
register("role.revoked", _("Role taken"), _("{actor} took the role {role} from {object}"))
register(
    "audit_access.given",
    _("Limited access of an auditor given"),
    _("{actor} gave {object} access as an auditor from {starts_on} to {ends_on}, to {scope}: {reason}"),
)
register(
    "audit_access.ended",
    _("Limited access of an auditor ended"),
    _("{actor} ended the access as an auditor of {object}, which was good until {ends_on}: {reason}"),
)
register("token.created", _("API token made"), _("{actor} made the API token {object} for “{token_label}”, which expires: {expires}"))
register("token.revoked", _("API token revoked"), _("{actor} revoked the API token {object}"))
register("token.refused", _("API token refused"), _("Somebody at {address} gave the API token {object}, which was refused: {why}"))
register("seal.made", _("Seal taken into use"), _("{actor} began to seal for {object} with the certificate {certificate}"))
register(
    "seal.rotated",
    _("Seal replaced"),
    _("{actor} gave {object} a new seal: the certificate {certificate[to]} in place of {certificate[from]}"),
)
register("organisation.created", _("Organisation created"), _("{actor} created the organisation {object}"))
register("mail.tried", _("Mail to try it"), _("{actor} asked for a mail to try whether mail arrives"))
