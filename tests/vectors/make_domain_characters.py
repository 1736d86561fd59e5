#!/usr/bin/env python3
"""Writes domain-characters.json: the characters that the notes on municipal data name, with what NFC and NFKC (Python's unicodedata, which
is not ours) would make of them. A stored value is none of the two: it is what was received.

    python3 tests/vectors/make_domain_characters.py > tests/vectors/domain-characters.json"""
import json
import unicodedata

CASES = (
    ("compatibility ideographs that NFC rewrites", "\ufa19\ufa1b\ufa26\uf92c"),
    ("compatibility ideographs that survive NFC", "\ufa11\ufa0e"),
    ("髙: in CP932, not in JIS X 0213", "\u9ad9"),
    ("𠮷: in neither", "\U00020bb7"),
    ("鷗 剝 𠮟: in JIS X 0213, not in CP932", "\u9dd7\u525d\U00020b9f"),
    ("a sequence of Moji_Joho: 辻 MJ025760", "辻\U000e0102"),
    ("a sequence of Adobe-Japan1: 辻", "辻\U000e0100"),
    ("a sequence of Moji_Joho: 葛 MJ022335", "葛\U000e0102"),
    ("wave dash and full-width tilde", "\u301c\uff5e"),
    ("minus sign and full-width hyphen-minus", "\u2212\uff0d"),
    ("double vertical line and parallel to", "\u2016\u2225"),
    ("cent, pound and not sign, narrow and wide", "\u00a2\uffe0\u00a3\uffe1\u00ac\uffe2"),
    ("hyphen-like characters of addresses", "\u002d\u2010\u2015\u2212\uff0d\u30fc"),
    ("yen sign and reverse solidus", "\u00a5\u005c"),
    ("kana with a combining voiced mark", "か\u3099ハ\u309a"),
    ("half-width kana in a text", "ｱｵｷｶﾞ"),
    ("full-width letters and digits in a text", "ＳＭＩＴＨ１２"),
    ("circled digits and the NEC row", "①㈱㍻№"),
    ("ohm, kelvin and angstrom sign", "\u2126\u212a\u212b"),
    ("spaces in front, behind and between", " 山　田 \u3000"),
    ("Latin with a combining mark", "Jose\u0301 Nuñez"),
    ("a compatibility ideograph beyond the basic plane", "\U0002f800\U0002f81a"),
)


def main():
    rows = [{"what": what, "text": text, "nfc": unicodedata.normalize("NFC", text), "nfkc": unicodedata.normalize("NFKC", text)}
            for what, text in CASES]
    print(json.dumps(rows, ensure_ascii=True, indent=1))


if __name__ == "__main__":
    main()
