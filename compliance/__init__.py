from pathlib import Path

CONTENT = Path(__file__).parent / "content"
