from tests.assessments.asking import case, small
from tests.assessments.offered import acme, publish

__all__ = ["acme", "case", "publish", "small"]
