"""Telling what happens, Japanese first and English under it, on one stream."""
import sys


class Teller:
    def __init__(self, language="ja", stream=None, quiet=False):
        self.language = language
        self.stream = stream or sys.stdout
        self.quiet = quiet
        self.number = 0

    def _put(self, text):
        if not self.quiet:
            print(text, file=self.stream, flush=True)

    def step(self, japanese, english):
        self.number += 1
        first, second = (japanese, english) if self.language == "ja" else (english, japanese)
        self._put(f"\n{self.number:2}. {first}\n    {second}")

    def detail(self, text):
        for line in text.rstrip("\n").splitlines():
            self._put("      " + line)

    def line(self, japanese, english):
        self._put(f"{japanese}\n{english}" if self.language == "ja" else f"{english}\n{japanese}")
