"""What WeasyPrint leaves to be done on the PDF: the embedded files named once, the tags that PDF/UA-1 asks for, and an empty field for the seal.

Everything here depends on the laid-out document alone, so that the result has the same bytes each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pydyf
from pydyf import Array, Dictionary, String

from reports.layout_file import body, reference_of, written
from reports.layout_joining import PRINTED, Handed

SEAL_FIELD = "Seal"
_PDFUA = b"http://www.aiim.org/pdfua/ns/id/"


@dataclass(frozen=True)
class LaidOut:
    """A document of which every page is drawn: the objects of this process, those that another one handed over, and the file's identifier."""

    pdf: pydyf.PDF
    handed: Handed | None
    identifier: str

    def at(self, reference: bytes) -> Any:
        return self.pdf.objects[reference_of(reference) or 0]


def finish(laid_out: LaidOut) -> bytes:
    """Return the PDF that is ready to be sealed. May be called once."""
    _name_attachments_once(laid_out.pdf)
    _add_seal_field(laid_out)
    _claim_accessibility(laid_out)
    pdf, handed = laid_out.pdf, laid_out.handed or Handed()
    pdf.add_object(pdf.info)
    numbers = {item.number: handed.count + item.number for item in pdf.objects[1:]}
    bodies = [
        handed.bodies[number] if number in handed.bodies else body(handed.shared[number], numbers) for number in range(1, handed.count + 1)
    ]
    bodies += [body(item, numbers) for item in pdf.objects[1:]]
    return written(bodies, numbers[pdf.catalog.number], numbers[pdf.info.number], laid_out.identifier)


def _name_attachments_once(pdf: pydyf.PDF) -> None:
    """WeasyPrint lists each attachment twice among the associated files."""
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = Array(dict.fromkeys(pdf.catalog["AF"]))


def _add_seal_field(laid_out: LaidOut) -> None:
    """An empty, invisible signature field on the first page, with its place in the structure tree (PDF/UA-1, 7.18.4)."""
    pdf = laid_out.pdf
    first = pdf.pages["Kids"][0]
    page, root = laid_out.at(first), laid_out.at(pdf.catalog["StructTreeRoot"])
    document, parents = laid_out.at(root["K"][0]), laid_out.at(root["ParentTree"])
    key = max(parents["Nums"][::2], default=-1) + 1
    widget = Dictionary({
        "Type": "/Annot", "Subtype": "/Widget", "FT": "/Sig", "T": String(SEAL_FIELD), "TU": String("Seal of the organisation"),
        "Rect": Array([0, 0, 0, 0]), "F": PRINTED | 128, "P": first, "StructParent": key,
    })  # fmt: skip
    pdf.add_object(widget)
    place = Dictionary({"Type": "/OBJR", "Obj": widget.reference, "Pg": first})
    pdf.add_object(place)
    form = Dictionary({"Type": "/StructElem", "S": "/Form", "P": document.reference, "Pg": first, "K": place.reference})
    pdf.add_object(form)
    document["K"].append(form.reference)
    parents["Nums"] += [key, form.reference]
    root["ParentTreeNextKey"] = key + 1
    page.setdefault("Annots", Array()).append(widget.reference)
    fields = Dictionary({"Fields": Array([widget.reference])})
    pdf.add_object(fields)
    pdf.catalog["AcroForm"] = fields.reference


def _claim_accessibility(laid_out: LaidOut) -> None:
    """WeasyPrint declares one standard a file, PDF/A-3; here PDF/UA-1 is declared beside it."""
    stream = laid_out.at(laid_out.pdf.catalog["Metadata"])
    metadata = b"\n".join(stream.stream)
    end = metadata.rindex(b"</rdf:RDF>")
    claim = (
        b'<rdf:Description xmlns:pdfuaid="' + _PDFUA + b'" rdf:about=""><pdfuaid:part>1</pdfuaid:part></rdf:Description>'
        b'<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" '
        b'xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">'
        b'<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
        b"<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>"
        b"<pdfaSchema:namespaceURI>" + _PDFUA + b"</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
        b'<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">'
        b"<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
        b"<pdfaProperty:category>internal</pdfaProperty:category>"
        b"<pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>"
        b"</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
    )
    stream.stream = [metadata[:end] + claim + metadata[end:]]
