"""Whether a sign-off report is what was signed: told from the file alone, with neither the service nor its database.

What this can't tell is whether the certificate of the seal is really the organisation's: that takes its fingerprint from somewhere else.
"""

from reports.verifier.checks import Check, Verification
from reports.verifier.verify import verify_pdf

__all__ = ["Check", "Verification", "verify_pdf"]
