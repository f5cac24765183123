"""Small PDF and Word files for tests, and a scripted model that writes examples from a chunk."""

from __future__ import annotations

import io
import re

from tests.llm.server import as_json, last


def pdf(pages, title="", bookmarks=()):
    """A PDF of pages of lines; `bookmarks` are (page, heading) pairs. Letters are shown as UTF-16 units."""
    objects = ["<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>", ""]
    objects += [
        "<< /Type /Font /Subtype /Type0 /BaseFont /F /Encoding /Identity-H /DescendantFonts [4 0 R] "
        "/ToUnicode 5 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /F /DW 1000 /CIDSystemInfo "
        "<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        _stream(
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <0000> <FFFF> "
            "endcodespacerange 1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"
        ),
    ]
    first = 7 + len(bookmarks)
    numbers = [first + 2 * n for n in range(len(pages))]
    objects.append(f"<< /Type /Outlines /First 7 0 R /Last {6 + len(bookmarks)} 0 R >>" if bookmarks else "<< >>")
    for n, (page, heading) in enumerate(bookmarks):
        following = f"/Next {8 + n} 0 R" if n + 1 < len(bookmarks) else ""
        at = f"/Parent 6 0 R /Dest [{numbers[page - 1]} 0 R /XYZ 0 0 0] {following}"
        objects.append(f"<< /Title <FEFF{heading.encode('utf-16-be').hex()}> {at} >>")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(f'{n} 0 R' for n in numbers)}] /Count {len(pages)} >>"
    for number, lines in zip(numbers, pages, strict=True):
        shown = " ".join(f"<{line.encode('utf-16-be').hex()}> Tj T*" for line in lines)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {number + 1} 0 R "
            "/Resources << /Font << /F 3 0 R >> >> >>"
        )
        objects.append(_stream(f"BT /F 10 Tf 14 TL 40 760 Td {shown} ET"))
    objects.append(f"<< /Title <FEFF{title.encode('utf-16-be').hex()}> >>")
    body, places = "%PDF-1.4\n", []
    for n, text in enumerate(objects, 1):
        places.append(len(body))
        body += f"{n} 0 obj\n{text}\nendobj\n"
    rows = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer << /Size {size} /Root 1 0 R /Info {size - 1} 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return f"{body}xref\n0 {size}\n0000000000 65535 f \n{rows}{trailer}".encode("latin-1")


def _stream(text):
    return f"<< /Length {len(text)} >>\nstream\n{text}\nendstream"


def word(title, blocks):
    """A Word file of blocks: ("h", level, text), ("p", text), ("table", rows), ("break",)."""
    import docx
    from docx.enum.text import WD_BREAK

    file = docx.Document()
    file.core_properties.title = title
    for kind, *rest in blocks:
        if kind == "h":
            file.add_heading(rest[1], rest[0])
        elif kind == "p":
            file.add_paragraph(rest[0])
        elif kind == "break":
            file.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        else:
            table = file.add_table(0, len(rest[0][0]))
            for row in rest[0]:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
    packed = io.BytesIO()
    file.save(packed)
    return packed.getvalue()


_SENTENCE = re.compile(r"[^.!?。！？\n]{12,}[.!?。！？]|[^.!?。！？\n]{6,}[。！？]")


def sentences(passage):
    return [found.strip() for found in _SENTENCE.findall(passage)]


def passage_of(body):
    """The passage in a request, and only it."""
    return last(body).split("<passage>\n")[1].split("\n</passage>")[0]


def is_writing(body):
    return '"examples"' in last(body)


def is_checking(body):
    return '"supported"' in last(body)


def example(sentence, **changes):
    """A sound example of one turn: the sentence is answer and quote."""
    word = "请问" if re.search("[\u4e00-\u9fff]", sentence) else "What is said of"
    turn = {"question": f"{word} {sentence[:14]}?", "answer": sentence, "quote": sentence}
    return {"turns": [turn | changes]}


def writes(body, number):
    """A model that writes one sound example a request, finds all supported, and knows nothing without the passage."""
    if is_checking(body):
        return as_json({"supported": True})
    if not is_writing(body):
        return "I do not know."
    return as_json({"examples": [example(one) for one in sentences(passage_of(body))[:1]]})
