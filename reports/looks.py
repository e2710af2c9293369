"""How one printed report looks: which kind it is, in which edition, and in whose style. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

INK = "#10292e"
WATERMARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="500" height="700" viewBox="0 0 500 700"><g transform="translate(250 350) rotate(-52)">'
    '<text text-anchor="middle" font-family="Inter" font-weight="600" font-size="84" fill="#8a5a00" fill-opacity="0.13">DRAFT</text>'
    '<text y="52" text-anchor="middle" font-family="Inter" font-weight="600" font-size="30" fill="#8a5a00" fill-opacity="0.13">not signed</text>'
    "</g></svg>"
)
# 18 mm shorter than A4: what is to stay on one page gets narrower gaps.
_LETTER = """@page { size: letter; }
@page cover { margin: 20mm 22mm 14mm 22mm; }
.cover-kind { margin-bottom: 9mm; }
.verdict { margin-bottom: 7mm; padding: 4mm 0 4mm 6mm; }
.cover-use-case { margin-bottom: 5mm; }
.facts { margin-bottom: 6mm; }
.toc a { padding: 0.65mm 0; }
.summary { font-size: 8pt; line-height: 1.42; }
.summary .grid { font-size: 8pt; }
.summary figure img { max-height: 54mm; }
.terms { font-size: 7.6pt; }
.bars th { padding-top: 0.4mm; padding-bottom: 0.4mm; }
.bars td { padding: 0.4mm 0; }
.criterion th { padding-top: 2mm; }
.compare tbody th { padding-top: 0.6mm; padding-bottom: 0.6mm; }
.compare td { padding-top: 0.6mm; padding-bottom: 0.6mm; }
.low img { max-height: 70mm; }
.tall img { max-height: 100mm; }
.brief { font-size: 8pt; line-height: 1.36; }
.brief h1 { font-size: 16pt; margin-bottom: 2mm; }
.brief .grid { font-size: 7.8pt; margin-bottom: 2mm; }
.brief .grid td { padding-top: 0.65mm; padding-bottom: 0.65mm; }
.brief .grid th { padding-top: 0.65mm; padding-bottom: 0.65mm; }
.brief p { margin-bottom: 1.4mm; }
.brief-head { font-size: 11pt; margin: 2.2mm 0 0.7mm; }
.brief .close { font-size: 7.6pt; line-height: 1.3; }
.brief-chart { margin: 1.5mm 0; }
.brief-chart img { max-height: 36mm; }
.brief-room img { max-height: 50mm; }"""

# What stands in a margin is drawn after what stands on the page, so that no chart and no table covers it; and it is no content: readers of the
# screen don't hear it on every page. This box is as wide as the margin and shows across the page: in the middle of A4 and Letter within 2 mm.
_MARKED = """@page { @left-middle { content: ""; width: 150mm; height: 210mm; margin: 0 -159mm 0 31mm;
background: url(countersign:watermark.svg) no-repeat center; background-size: 150mm 210mm; } }"""


@dataclass(frozen=True)
class Style:
    """``version`` 0: that of the product. ``paper``: ``A4`` or ``letter``; ``colour`` of headings, ``#`` and six hexadecimal digits;
    ``logo``: a PNG, or nothing."""

    version: int = 0
    paper: str = "A4"
    colour: str = INK
    logo: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Printing:
    """``edition`` from 1; a later one takes the place of the file with the SHA-256 ``replaces`` for ``reason``."""

    kind: str = "sign_off"
    style: Style = Style()
    edition: int = 1
    replaces: str = ""
    reason: str = ""

    @property
    def css(self) -> str:
        """The rules that differ from the product's style sheet."""
        rules = []
        if self.style.paper == "letter":
            rules.append(_LETTER)
        if self.style.colour != INK:
            rules.append(f"h1, h2, .cover-organisation {{ color: {self.style.colour}; }}")
        if self.kind == "draft":
            rules.append(_MARKED)
        return "\n".join(rules)
