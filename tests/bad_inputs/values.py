"""Awkward values and damage to bytes, from which the bad inputs of every reader are made."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator

#: Name -> a JSON text of one value that some part of a program may choke on.
JSON_VALUES: dict[str, str] = {
    "int_beyond_32": "4294967296",
    "int_beyond_64": str(2**70),
    "int_of_5000_digits": "9" * 5_000,
    "float_beyond_double": "1e999",
    "float_below": "-1e999",
    "nan": "NaN",
    "true": "true",
    "null": "null",
    "empty_list": "[]",
    "empty_object": "{}",
    "list": '["a", "b"]',
    "object": '{"a": 1}',
    "list_of_null": "[null]",
    "lone_surrogate": '"\\ud83d"',
    "nul_sign": '"a\\u0000b"',
    "no_text": '""',
    "spaces": '" \\u3000 "',
    "number_in_a_text": '"1_0"',
    "date_in_year_1": '"0001-01-01T00:00:00Z"',
    "date_in_year_9999": '"9999-12-31T23:59:59-14:00"',
    "deep": "[" * 2_000 + "]" * 2_000,
    "deep_object": '{"a":' * 500 + "1" + "}" * 500,
    "right_to_left": '"\\u202eabc"',
    "long": json.dumps("长" * 200_000),
    "formula": "\"=cmd|' /C calc'!A0\"",
    "markup": '"<script>alert(1)</script>"',
}

#: Name -> a cell of a CSV file.
CELLS: dict[str, bytes] = {
    name: b'"' + text.encode("utf-8", "surrogatepass").replace(b'"', b'""') + b'"' for name, text in JSON_VALUES.items()
} | {
    "no_utf_8": b"\xff\xfe\xfa",
    "quote_inside": b'a"b',
    "quote_left_open": b'"abc',
    "return_inside": b'"a\rb"',
    "nul": b"a\x00b",
    "one_cell_more": b"a,b,c,d",
    "half_a_letter": b"\xe4\xb8",
}


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The bytes with one to four faults: flipped, cut, doubled, removed, swapped, or foreign bytes put in."""
    for _ in range(rng.randint(1, 4)):
        size = max(len(content), 1)
        at, end = sorted((rng.randrange(size), rng.randrange(size)))
        end = min(end, at + 64)
        match rng.randrange(7):
            case 0:
                content = content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]
            case 1:
                content = content[:at]
            case 2:
                content = content[:end] + content[at:end] + content[end:]
            case 3:
                content = content[:at] + content[end:]
            case 4:
                content = content[:at] + rng.choice(FOREIGN) + content[at:]
            case 5:
                content = content.replace(rng.choice(SIGNS), rng.choice(SIGNS), rng.randint(1, 3))
            case _:
                content = content[end:] + content[:end]
    return content


FOREIGN = (b"\x00", b"\xff", b"\xef\xbb\xbf", b"\r", b"1e999", b"[" * 300, b"\xed\xa0\x80", b"\x1a", b"9" * 400, b"&a;")
SIGNS = (b'"', b",", b"{", b"}", b"[", b"]", b":", b"\n", b"<", b">", b"\t", b"1", b"null", b"true", b" ", b"/")


def mutations(content: bytes, count: int) -> Iterator[bytes]:
    """So many damaged copies, the same on every machine; with SFT_FUZZ_SECONDS as many as fit into that time instead.

    SFT_FUZZ_SEED (default 1) gives others.
    """
    rng = random.Random(int(os.environ.get("SFT_FUZZ_SEED", "1")))
    seconds = os.environ.get("SFT_FUZZ_SECONDS")
    end = time.monotonic() + float(seconds or 0)
    done = 0
    while time.monotonic() < end if seconds else done < count:
        yield damaged(content, rng)
        done += 1
