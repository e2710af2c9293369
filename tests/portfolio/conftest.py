from tests.assessments.asking import case, small

__all__ = ["case", "small"]
