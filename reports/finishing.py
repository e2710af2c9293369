"""What WeasyPrint leaves to be done on the PDF: the embedded files named once, the tags that PDF/UA-1 asks for, and an empty field for the seal.

Everything here depends on the file alone, so that the result has the same bytes each time.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

SEAL_FIELD = "Seal"
_PDFUA = b"http://www.aiim.org/pdfua/ns/id/"


def finish(file: BinaryIO) -> bytes:
    """Return the PDF that is ready to be sealed."""
    with Pdf.open(file) as pdf:
        _name_attachments_once(pdf)
        _describe_links(pdf)
        _scope_headers(pdf)
        _add_seal_field(pdf)
        _claim_accessibility(pdf)
        out = io.BytesIO()
        # The tags are thousands of small objects, which streams of objects make a third of the size.
        pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue()


def _name_attachments_once(pdf: Pdf) -> None:
    """WeasyPrint lists each attachment twice among the associated files."""
    listed = pdf.Root.get("/AF")
    if listed is None:
        return
    once: dict[tuple[int, int], Object] = {}
    for item in listed:
        once.setdefault(item.objgen, item)
    pdf.Root.AF = Array(list(once.values()))


def _describe_links(pdf: Pdf) -> None:
    """A link says in words where it leads (PDF/UA-1, 7.18.5)."""
    for page in pdf.pages:
        for annotation in page.get("/Annots", []):
            if annotation.get("/Subtype") == Name.Link and "/Contents" not in annotation:
                annotation.Contents = String("To the chapter named here")


def _scope_headers(pdf: Pdf) -> None:
    """Each header cell says whether it heads a column or a row, which makes the ids and the lists of headers superfluous."""
    for element, ancestors in _elements(pdf.Root.StructTreeRoot):
        kind = element.get("/S")
        if kind not in (Name.TH, Name.TD):
            continue
        attributes = element.get("/A", Dictionary(O=Name.Table))
        if kind == Name.TH:
            attributes.Scope = Name.Column if Name.THead in ancestors else Name.Row
            if "/ID" in element:
                del element["/ID"]
        elif "/Headers" in attributes:
            del attributes["/Headers"]
        element.A = attributes


def _elements(root: Object) -> Iterator[tuple[Object, tuple[Object | None, ...]]]:
    """Every structure element with the kinds of those above it."""
    waiting: list[tuple[Object, tuple[Object | None, ...]]] = [(root, ())]
    while waiting:
        element, ancestors = waiting.pop()
        kids = element.get("/K")
        if kids is None:
            continue
        below = (*ancestors, element.get("/S"))
        for kid in kids if isinstance(kids, Array) else [kids]:
            if isinstance(kid, Dictionary) and "/S" in kid:
                found: Object = kid
                yield found, below
                waiting.append((found, below))


def _add_seal_field(pdf: Pdf) -> None:
    """An empty, invisible signature field on the first page, with its place in the structure tree (PDF/UA-1, 7.18.4)."""
    page = pdf.pages[0].obj
    root = pdf.Root.StructTreeRoot
    document = root.K[0]
    widget = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String(SEAL_FIELD), TU=String("Seal of the organisation"),
            Rect=Array([0, 0, 0, 0]), F=132, P=page,
        )
    )  # fmt: skip
    form = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Form, P=document, Pg=page))
    form.K = pdf.make_indirect(Dictionary(Type=Name.OBJR, Obj=widget, Pg=page))
    document.K.append(form)
    numbers = root.ParentTree.Nums
    key = max((int(number) for number in list(numbers)[::2]), default=-1) + 1
    numbers.append(key)
    numbers.append(form)
    root.ParentTreeNextKey = key + 1
    widget.StructParent = key
    annotations = page.get("/Annots", Array())
    annotations.append(widget)
    page.Annots = annotations
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array([widget])))


def _claim_accessibility(pdf: Pdf) -> None:
    """WeasyPrint declares one standard a file, PDF/A-3; here PDF/UA-1 is declared beside it."""
    metadata = bytes(pdf.Root.Metadata.read_bytes())
    if _PDFUA in metadata:
        return
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
    stream = pdf.make_stream(metadata[:end] + claim + metadata[end:])
    stream.Type, stream.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = stream
