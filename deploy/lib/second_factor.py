"""TOTP codes (RFC 6238) for people of the demonstration and the stories. A code works once, so each person's used steps are kept."""
import base64
import hashlib
import hmac
import secrets
import struct
import time

STEP = 30
SKEW = 1            # the vault accepts the step before and the step after
EDGE = 2.5          # seconds before the end of a step in which the step before is no longer offered


def new_secret():
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret, step):
    padded = secret + "=" * (-len(secret) % 8)
    digest = hmac.new(base64.b32decode(padded), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1000000:06d}"


class Authenticator:
    """One person's authenticator: gives the next code that has not been used, and waits when there is none."""

    def __init__(self, secret, clock=time.time, sleep=time.sleep):
        self.secret = secret
        self.last_step = 0
        self.clock = clock
        self.sleep = sleep

    def next_code(self):
        while True:
            now = self.clock()
            present = int(now // STEP)
            first = present - SKEW if STEP - now % STEP > EDGE else present
            step = max(first, self.last_step + 1)
            code = code_at(self.secret, step)
            # Two neighbouring steps may share a code; the vault would take it for a repetition.
            if self.last_step and code == code_at(self.secret, self.last_step):
                self.last_step = step
                continue
            if step <= present + SKEW:
                self.last_step = step
                return code
            self.sleep((step - SKEW) * STEP - now + 0.2)

    def has_code(self):
        """Whether next_code() would answer without waiting."""
        return self.last_step < int(self.clock() // STEP) + SKEW

    def last_code(self):
        """The code used last: the vault must refuse it."""
        return code_at(self.secret, self.last_step)

    def wrong_code(self):
        """A code that is right at no step the vault would accept."""
        present = int(self.clock() // STEP)
        right = {code_at(self.secret, step) for step in range(present - 3, present + 4)}
        return next(f"{number:06d}" for number in range(1000000) if f"{number:06d}" not in right)

    def wait_until_fresh(self):
        """Waits until the present step is unused, so that somebody else may go on with this person."""
        while int(self.clock() // STEP) <= self.last_step:
            self.sleep(0.5)
