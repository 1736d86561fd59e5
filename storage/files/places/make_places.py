#!/usr/bin/env python3
"""Makes places.txt from SKK-JISYO.zipcode (Debian package skkdic-extra): town names and postcodes of a few municipalities.

    python3 make_places.py /usr/share/skk/SKK-JISYO.zipcode > places.txt

The dictionary has no codes of municipalities: those stand here, as the Ministry of Internal Affairs publishes them. Only places
that CP932 and EUC-JP can hold are taken, so that one file can be written in every encoding, evenly over the list."""
import re
import sys

MOST_TOWNS = 48  # of one municipality
# Code, prefecture, name. A prefecture's people live in its municipalities.
PLACES = (("011002", "北海道", "札幌市"), ("012025", "北海道", "函館市"), ("042021", "宮城県", "石巻市"), ("110001", "埼玉県", ""),
          ("111007", "埼玉県", "さいたま市"), ("131016", "東京都", "千代田区"), ("132101", "東京都", "小金井市"), ("431001", "熊本県", "熊本市"))
CITY = re.compile(r"(.+?郡.+?[町村]|さいたま市.+?区|(?:.+?市)(?=.))(.+)")
BUILDING = re.compile("階|ビル|タワー|プレイス|パーク|ツイン|スクエア")  # postcodes of single houses
WARD = re.compile(r"(.+?区)(.+)")
HEADER = """\
# Town names and postcodes for synthetic people, %d places of %d municipalities. Made by make_places.py from SKK-JISYO.zipcode, dated
# %s, of the Debian package skkdic-extra 20230109-1 (https://github.com/skk-dev/dict); the dictionary was made from the postcode data
# that Japan Post publishes without claiming rights in it. Licence of the dictionary, as it says itself:
#   Copyright: Public domain dictionary.  Share and enjoy.
# A line "= code prefecture municipality" begins a municipality; the others are postcode, city or ward ("-" where none), town.
"""


def encodable(text):
    try:
        text.encode("cp932")
        text.encode("euc_jp")
    except UnicodeEncodeError:
        return False
    return True


def towns_of(entries, prefecture, name):
    """(postcode, city or ward, town) of every entry that names a town."""
    start = prefecture + name
    for postcode, place in entries:
        if not place.startswith(start) or len(place) == len(start) or BUILDING.search(place) or postcode.endswith("0000"):
            continue
        rest = place[len(start):]
        part = CITY.fullmatch(rest) if not name else WARD.fullmatch(rest) if name in ("さいたま市", "熊本市", "札幌市") else None
        if part is not None:
            yield postcode, part.group(1), part.group(2)
        elif name not in ("", "さいたま市", "熊本市", "札幌市"):
            yield postcode, "-", rest


def main():
    with open(sys.argv[1], encoding="euc_jis_2004") as file:
        lines = file.read().splitlines()
    dated = next(re.search(r"<(.+?)>", line).group(1) for line in lines if line.startswith(";; Time-stamp:"))
    entries = []
    for line in lines:
        if not line.startswith(";"):
            postcode, places = line.split(" ", 1)
            entries += [(postcode, place) for place in places.strip("/").split("/")]
    out, count = [], 0
    for code, prefecture, name in PLACES:
        towns = [town for town in towns_of(entries, prefecture, name) if encodable("".join(town)) and " " not in "".join(town)]
        taken = towns if len(towns) <= MOST_TOWNS else [towns[len(towns) * i // MOST_TOWNS] for i in range(MOST_TOWNS)]
        count += len(taken)
        out += [f"= {code} {prefecture} {name or '-'}"] + [" ".join(town) for town in taken]
    print(HEADER % (count, len(PLACES), dated) + "\n".join(out))


if __name__ == "__main__":
    main()
