"""The evidence bundle: one zip with everything that an auditor needs to check a decision with no access to the service."""

from reports.bundle.bag import Changed
from reports.bundle.making import Bundle, BundleRefused, bundle_of

__all__ = ["Bundle", "BundleRefused", "Changed", "bundle_of"]
