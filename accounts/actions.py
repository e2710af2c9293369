"""What the trail can say about people and their rights."""

from audit.actions import register

register("person.signed_in", "{actor} signed in")
register("person.signed_out", "{actor} signed out")
register("person.sign_in_failed", "Somebody failed to sign in as {object}")
register("person.signature_check_failed", "{actor} gave a wrong password when signing")
register("person.added", "{actor} added {object}")
register("role.granted", "{actor} gave {object} the role {role}")
register("role.revoked", "{actor} took the role {role} from {object}")
register("token.created", "{actor} made the API token {object}")
register("token.revoked", "{actor} revoked the API token {object}")
register("seal.made", "{actor} began to seal for {object} with the certificate {certificate}")
register("seal.rotated", "{actor} gave {object} a new seal: the certificate {certificate[to]} in place of {certificate[from]}")
register("organisation.created", "{actor} created the organisation {object}")
