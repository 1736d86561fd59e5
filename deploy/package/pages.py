#!/usr/bin/env python3
"""Makes what the package says about the programs from what the programs say of themselves: shosoin(1) and shosoin-settings(5), each in
English and Japanese, and the completion for bash. The two pages of section 8 are written by hand and get their version here.

  pages.py BUILD SOURCE OUT VERSION    BUILD: where the three programs are; SOURCE: this folder; OUT: where the pages go
"""
import gzip
import json
import os
import re
import subprocess
import sys

# Texts of the programs are "日本語 / English"; a text in one language stands for both.
LANGUAGES = ("ja", "en")
# Japanese has no spaces to stretch: its pages are not justified.
START = {"en": "", "ja": ".ad l\n"}
VALUE_WORDS = {"": "", "TEXT": "TEXT", "UINT": "N", "INT": "N"}


def told(program, *words):
    return subprocess.run([program, *words], check=True, text=True, encoding="utf-8", capture_output=True, timeout=60,
                          env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}).stdout


# What the library of the command line says by itself, in English only.
LIBRARY = {"Print this help message and exit": "使い方を表示して終わる", "Display program version information and exit": "版を表示して終わる"}


def pick(text, language):
    if language == "ja" and text in LIBRARY:
        return LIBRARY[text]
    first, mark, rest = text.partition(" / ")
    if not mark or first.isascii():
        return text
    return first if language == "ja" else rest


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def compressed(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file, gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=9, mtime=0) as packed:
        packed.write(text.encode())


# -- shosoin(1)

WORDS = {
    "en": {"name": "NAME", "about": "the store of specific personal information files", "synopsis": "SYNOPSIS", "description": "DESCRIPTION",
           "options": "OPTIONS OF EVERY COMMAND", "commands": "COMMANDS", "exit": "EXIT STATUS", "files": "FILES", "examples": "EXAMPLES",
           "see": "SEE ALSO", "required": "required", "settings": "settings of vault and gate"},
    "ja": {"name": "名前", "about": "特定個人情報ファイルの保管庫", "synopsis": "書式", "description": "説明", "options": "すべてのコマンドのオプション",
           "commands": "コマンド", "exit": "終了コード", "files": "ファイル", "examples": "例", "see": "関連項目", "required": "必須",
           "settings": "保管庫とゲートの設定"},
}
DESCRIPTION = {
    "en": """.B shosoin
is the command line of Shosoin. Administrators use it on the server: it speaks with the vault through the administration socket,
which only root and the account of the vault may open. Operators use it on a registered terminal: it speaks with the gate over mutual
TLS. Verifiers need neither: two files are enough to verify a certificate of erasure.
.PP
Secrets and individual numbers never stand in arguments or in the environment. They come from files of mode 0600, from standard input
or from the terminal. Most acts of administration take two persons, each with a session of their own.""",
    "ja": """.B shosoin
は、正倉院のコマンドです。管理者はサーバーの上で使います。管理用ソケットで保管庫と話し、このソケットを開けるのは、rootと保管庫の
アカウントだけです。担当者は登録された端末で使い、相互TLSでゲートと話します。消去証明書の検証には、どちらも要りません。
ファイルが二つあれば足ります。
.PP
秘密や個人番号は、引数にも環境変数にも書きません。0600のファイル、標準入力、または端末で渡します。管理の操作の多くには、
二人それぞれのセッションが要ります。""",
}
FILES = {
    "en": (("/etc/shosoin/shosoin.toml", "the settings, see shosoin-settings(5)"),
           ("/run/shosoin/admin/admin.sock", "the administration socket of the vault"),
           ("/usr/share/doc/shosoin/operations.md.gz", "how to initialise, enrol, look after")),
    "ja": (("/etc/shosoin/shosoin.toml", "設定。shosoin-settings(5) を参照"), ("/run/shosoin/admin/admin.sock", "保管庫の管理用ソケット"),
           ("/usr/share/doc/shosoin/operations.md.gz", "運用の手引き(初期化、登録、毎日の確認)")),
}


def leaves(command, path=()):
    """Every command that does something, in the order of the help."""
    if command["name"] and path and not command["commands"]:
        yield path, command
    for child in command["commands"]:
        yield from leaves(child, path + (child["name"],))


def value_of(option):
    kind = option["value"]
    choices = re.search(r"\{([^}]*)\}", kind)
    if choices:
        return choices.group(1).replace(",", "|")
    return VALUE_WORDS.get(kind.split(":")[0].split(" ")[0], "TEXT")


def is_help(option):
    return "--help" in option["names"]


def option_lines(options, language):
    for option in options:
        names = ", ".join(f"\\fB{roff(name)}\\fR" for name in option["names"])
        value = f" \\fI{roff(value_of(option))}\\fR" if value_of(option) and not option["positional"] else ""
        about = pick(option["about"], language)
        if option["required"] and not option["positional"]:
            about = f"{about} ({WORDS[language]['required']})" if about else WORDS[language]["required"]
        yield f".TP\n{names}{value}\n{roff(about) or chr(92) + '&'}"


def commands_page(tree, language, version):
    words = WORDS[language]
    head = tree["footer"].split("終了コード / exit codes:")
    page = [f'.TH SHOSOIN 1 "" "Shosoin {version}" "Shosoin"\n' + START[language] + f".SH {words['name']}", f"shosoin \\- {words['about']}",
            f".SH {words['synopsis']}", ".B shosoin", "[\\fIoption\\fR ...] \\fInoun\\fR [\\fIverb\\fR] [\\fIoption\\fR ...]",
            f".SH {words['description']}", DESCRIPTION[language], f".SH {words['options']}", *option_lines(tree["options"], language),
            f".SH {words['commands']}"]
    for path, command in leaves(tree):
        page.append(f".SS shosoin {roff(' '.join(path))}\n{roff(pick(command['about'], language))}")
        page += option_lines([option for option in command["options"] if not is_help(option)], language)
    page += [f".SH {words['exit']}", ".nf", roff(pick_table(head[1], language)), ".fi", f".SH {words['files']}"]
    page += [f".TP\n.I {roff(name)}\n{roff(about)}" for name, about in FILES[language]]
    example = "\n".join(line for line in head[0].split("\n") if line.startswith("  "))
    page += [f".SH {words['examples']}", ".nf", roff(example), ".fi", f".SH {words['see']}",
             ".BR shosoin\\-settings (5),\n.BR shosoin\\-vault (8),\n.BR shosoin\\-gate (8)"]
    return "\n".join(page) + "\n"


def pick_table(text, language):
    return "\n".join("  " + line.strip()[:5].rstrip().ljust(5) + pick(line.strip()[5:].strip(), language)
                     for line in text.strip("\n").split("\n"))


# -- shosoin-settings(5)

SETTINGS_DESCRIPTION = {
    "en": """Vault and gate read one file in TOML, by default
.IR /etc/shosoin/shosoin.toml .
An unknown section or key is refused with its line. The file holds no secret and may be read by everyone. Changes take effect with the
next start:
.B systemctl restart shosoin\\-vault shosoin\\-gate
.PP
The units allow the programs the directories of this package. When a directory is moved, say so to the unit as well, with
.BR "systemctl edit shosoin\\-vault" ,
in
.B ReadWritePaths=
and
.BR ConditionPathExists= .""",
    "ja": """保管庫とゲートは、一つのTOMLのファイルを読みます。既定は
.I /etc/shosoin/shosoin.toml
です。知らない区分や項目があると、行を示して起動を断ります。秘密は書かないので、誰が読んでもかまいません。変更は、次の起動から有効です:
.B systemctl restart shosoin\\-vault shosoin\\-gate
.PP
ユニットが許すのは、パッケージのディレクトリだけです。場所を変えたときは
.B systemctl edit shosoin\\-vault
で
.B ReadWritePaths=
と
.B ConditionPathExists=
も合わせてください。""",
}


def read_settings(text):
    """(section, key, remark, ja, en) of the help of a program: a key at the left, below it its Japanese and English meaning."""
    section, rows = None, []
    for line in text.splitlines():
        if match := re.match(r"\[(\w+)\]\s*$", line):
            section = match.group(1)
        elif section and (match := re.match(r"\s{0,2}([a-z_]+)\s*(.*)$", line)):
            rows.append([section, match.group(1), re.sub(r"\s{2,}", "  ", match.group(2)), []])
        elif rows and line.startswith("    "):
            rows[-1][3].append(line.strip())
    for row in rows:
        if len(row[3]) != 2:
            raise SystemExit(f"pages.py: the meaning of {row[0]}.{row[1]} is not told in two lines")
    return [(section, key, remark, *meaning) for section, key, remark, meaning in rows]


def settings_page(rows, language, version, example):
    words = WORDS[language]
    page = [f'.TH SHOSOIN\\-SETTINGS 5 "" "Shosoin {version}" "Shosoin"\n' + START[language] + f".SH {words['name']}",
            f"shosoin\\-settings \\- {words['settings']}", f".SH {words['description']}", SETTINGS_DESCRIPTION[language]]
    section = None
    for of, key, remark, ja, en in rows:
        if of != section:
            page.append(f".SH [{of}]")
            section = of
        note = " ".join(pick(part, language) for part in remark.split("  ") if part)
        page.append(f".TP\n.B {roff(key)}" + (f" \\fR({roff(note)})" if note else "") + f"\n{roff(ja if language == 'ja' else en)}")
    page += [f".SH {words['examples']}", ".nf", roff("\n".join(line for line in example.splitlines() if not line.startswith("#"))), ".fi",
             f".SH {words['see']}", ".BR shosoin (1),\n.BR shosoin\\-vault (8),\n.BR shosoin\\-gate (8)"]
    return "\n".join(page) + "\n"


# -- completion

def completion(tree, frame):
    """Three tables: below which words come which words, which options a command takes, which of them have which values."""
    below, options, values = {}, {}, {}

    def enter(command, path):
        key = " ".join(path)
        below[key] = " ".join(child["name"] for child in command["commands"])
        options[key] = " ".join(name for option in command["options"] if not option["positional"] for name in option["names"])
        for option in command["options"]:
            if value_of(option) and not option["positional"]:
                choices = value_of(option).split("|") if "|" in value_of(option) else []
                for name in option["names"]:
                    values[name] = " ".join(choices)
        for child in command["commands"]:
            enter(child, path + (child["name"],))

    enter(tree, ())

    def table(name, rows):
        return f"declare -gA {name}=(\n" + "".join(f'  ["{key}"]="{row}"\n' for key, row in rows.items()) + ")\n"

    # An associative array of bash has no empty key: every path begins with the program's name.
    rooted = [{("shosoin " + key).strip(): row for key, row in rows.items()} for rows in (below, options)]
    tables = table("_shosoin_words", rooted[0]) + table("_shosoin_options", rooted[1]) + table("_shosoin_values", values)
    return frame.replace("@TABLES@", tables)


def main():
    build, source, out, version = sys.argv[1:]
    tree = json.loads(told(os.path.join(build, "shosoin"), "--commands"))
    rows = read_settings(told(os.path.join(build, "shosoin-vault"), "--settings-help"))
    rows += read_settings(told(os.path.join(build, "shosoin-gate"), "--help"))
    with open(os.path.join(source, "..", "settings.example.toml"), encoding="utf-8") as file:
        example = file.read()
    for language in LANGUAGES:
        manual = os.path.join(out, "man", *(["ja"] if language == "ja" else []))
        compressed(os.path.join(manual, "man1", "shosoin.1.gz"), commands_page(tree, language, version))
        compressed(os.path.join(manual, "man5", "shosoin-settings.5.gz"), settings_page(rows, language, version, example))
        for program in ("shosoin-vault", "shosoin-gate"):
            with open(os.path.join(source, "man", language, f"{program}.8.in"), encoding="utf-8") as file:
                compressed(os.path.join(manual, "man8", f"{program}.8.gz"), file.read().replace("@VERSION@", version))
    with open(os.path.join(source, "completion.bash.in"), encoding="utf-8") as file:
        frame = file.read()
    with open(os.path.join(out, "shosoin.bash"), "w", encoding="utf-8") as file:
        file.write(completion(tree, frame))


if __name__ == "__main__":
    main()
