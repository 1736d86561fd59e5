#!/usr/bin/env python3
"""Writes encodings.json: what iconv(3) of glibc makes of every code of CP932 and EUC-JP-MS, as a digest over the whole table, and the
codes where encodings of the same name differ. Python's own cp932 codec is the second opinion."""
import ctypes
import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).parent
TRAPS = [  # encoding, bytes, what it is known for
    ("CP932", "8160", "wave dash: U+FF5E, in Shift_JIS U+301C"), ("CP932", "817C", "minus: U+FF0D, in Shift_JIS U+2212"),
    ("CP932", "8161", "parallel: U+2225, in Shift_JIS U+2016"), ("CP932", "8191", "cent: U+FFE0, in Shift_JIS U+00A2"),
    ("CP932", "8192", "pound: U+FFE1, in Shift_JIS U+00A3"), ("CP932", "81CA", "not: U+FFE2, in Shift_JIS U+00AC"),
    ("CP932", "5C", "backslash, not the yen sign"), ("CP932", "7E", "tilde, not the overline"),
    ("CP932", "FBFC", "U+9AD9, in Shift_JIS-2004 U+9A20"), ("CP932", "F040", "the first user-defined character, in Shift_JIS-2004 U+20089"),
    ("CP932", "F9FC", "the last user-defined character"), ("CP932", "8790", "NEC row 13, the same as 81E0"),
    ("CP932", "81E0", "the same as NEC's 8790"), ("CP932", "ED40", "NEC selection of IBM, the same as FA5C"),
    ("CP932", "FA5C", "IBM extension, the same as ED40"), ("CP932", "EEF9", "NEC's not sign, the same as 81CA"),
    ("CP932", "B1", "half-width kana"), ("CP932", "DF", "half-width semi-voiced mark"), ("CP932", "815C", "horizontal bar U+2015"),
    ("EUC-JP-MS", "A1C1", "wave dash: U+FF5E, in EUC-JP U+301C"), ("EUC-JP-MS", "A1DD", "minus: U+FF0D"),
    ("EUC-JP-MS", "A1C2", "parallel: U+2225"), ("EUC-JP-MS", "A1F1", "cent"), ("EUC-JP-MS", "A1F2", "pound"),
    ("EUC-JP-MS", "A2CC", "not sign"), ("EUC-JP-MS", "8EB1", "half-width kana"), ("EUC-JP-MS", "F5A1", "the first user-defined character"),
    ("EUC-JP-MS", "FEFE", "the last of the first plane"), ("EUC-JP-MS", "8FF5A1", "the first of the second plane"),
    ("EUC-JP-MS", "8FFEFE", "the last user-defined character"), ("EUC-JP-MS", "8FF4FB", "U+9AD9, an IBM extension"),
    ("EUC-JP-MS", "8FA2C3", "broken bar U+FFE4"), ("EUC-JP-MS", "8FB0A1", "JIS X 0212"), ("EUC-JP-MS", "ADA1", "NEC row 13"),
]
REFUSED = [("CP932", "80"), ("CP932", "A0"), ("CP932", "FD"), ("CP932", "FF"), ("CP932", "8130"), ("CP932", "817F"), ("CP932", "81FD"),
           ("CP932", "8540"), ("CP932", "EAA5"), ("CP932", "FC4C"), ("CP932", "810A"),
           ("EUC-JP-MS", "A0A1"), ("EUC-JP-MS", "A1A0"), ("EUC-JP-MS", "8EE0"), ("EUC-JP-MS", "8EA0"),
           ("EUC-JP-MS", "8FA1A1"), ("EUC-JP-MS", "8FF3A1"), ("EUC-JP-MS", "FFA1"), ("EUC-JP-MS", "A10A"), ("EUC-JP-MS", "A9A1")]


LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.iconv_open.restype = ctypes.c_void_p
LIBC.iconv.restype = ctypes.c_size_t
LIBC.iconv.argtypes = [ctypes.c_void_p] + [ctypes.c_void_p] * 4
DESCRIPTORS = {name: LIBC.iconv_open(b"UTF-16BE", name.encode()) for name in ("CP932", "EUC-JP-MS")}


def decode(encoding, code):
    """The code point in hexadecimal, or "" where glibc refuses the code or does not read it as one character."""
    descriptor = DESCRIPTORS[encoding]
    LIBC.iconv(descriptor, None, None, None, None)
    source, target = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(16)
    source_at, target_at = ctypes.c_char_p(ctypes.addressof(source)), ctypes.c_char_p(ctypes.addressof(target))
    source_left, target_left = ctypes.c_size_t(len(code)), ctypes.c_size_t(16)
    done = LIBC.iconv(descriptor, ctypes.byref(source_at), ctypes.byref(source_left), ctypes.byref(target_at), ctypes.byref(target_left))
    LIBC.iconv(descriptor, None, None, ctypes.byref(target_at), ctypes.byref(target_left))
    size = 16 - target_left.value
    return target.raw[:2].hex().upper() if done == 0 and source_left.value == 0 and size == 2 else ""


def all_codes(encoding):
    pairs = [bytes((lead, trail)) for lead in range(0x81, 0xFD) for trail in range(0x40, 0xFD)] if encoding == "CP932" else \
        [bytes((row, cell)) for row in range(0xA1, 0xFF) for cell in range(0xA1, 0xFF)]
    if encoding == "CP932":
        return [code for code in pairs if not 0xA0 <= code[0] <= 0xDF]
    return pairs + [b"\x8f" + code for code in pairs]


def main():
    tables = {}
    for encoding in ("CP932", "EUC-JP-MS"):
        read = [(code, point) for code in all_codes(encoding) if (point := decode(encoding, code))]
        if encoding == "CP932":
            for code, point in read:
                assert code.decode("cp932") == chr(int(point, 16)), code.hex()
        text = "".join(f"{code.hex().upper()} {point}\n" for code, point in read)
        tables[encoding] = {"codes": len(read), "sha256": hashlib.sha256(text.encode()).hexdigest()}
    made = {"note": "iconv of glibc; CP932 checked against Python's codec. tables: every multi-byte code that is a character, in order, as "
                    "'HEX POINT' lines. Written by make_encoding_vectors.py.",
            "tables": tables,
            "traps": [{"encoding": encoding, "hex": code, "codePoint": decode(encoding, bytes.fromhex(code)), "why": why}
                      for encoding, code, why in TRAPS],
            "refused": [{"encoding": encoding, "hex": code} for encoding, code in REFUSED]}
    assert all(trap["codePoint"] for trap in made["traps"])
    for encoding, code in REFUSED:
        assert not decode(encoding, bytes.fromhex(code)), (encoding, code, decode(encoding, bytes.fromhex(code)))
    (HERE / "encodings.json").write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


main()
