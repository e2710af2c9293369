"""Why there is no bundle."""

from __future__ import annotations


class BundleRefused(RuntimeError):
    """No bundle is made, since it would lack something or say something that isn't so; the text says to people what and what would help."""
