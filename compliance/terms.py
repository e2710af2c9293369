"""What the catalogue's classes are called, once for pages, charts, changes and reports."""

from __future__ import annotations

from compliance.marking import marked as _

INSTRUMENTS = {
    "ai-act": _("EU AI Act"),
    "gdpr": _("GDPR"),
    "dora": _("DORA"),
    "nis2": _("NIS2"),
    "data-act": _("Data Act"),
    "product-liability": _("Product liability"),
    "cra": _("Cyber Resilience Act"),
}
CLASSES = {
    "prohibited": _("Prohibited practice"),
    "high": _("High-risk"),
    "limited": _("Limited risk"),
    "minimal": _("Minimal risk"),
    "out_of_scope": _("Out of scope"),
}
SOURCINGS = {
    "closed_api": _("Closed API"),
    "managed_open": _("Managed open weights"),
    "self_hosted_open": _("Self-hosted open weights"),
    "on_device_open": _("On-device open weights"),
}
