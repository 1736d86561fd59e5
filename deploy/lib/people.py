"""The cast: people with passwords and authenticators, each at a terminal with a certificate of its own."""
import json
import os
import secrets

from second_factor import Authenticator, new_secret

SYLLABLES = ("ka", "ki", "ku", "ke", "ko", "sa", "shi", "su", "se", "so", "ta", "chi", "tsu", "te", "to", "na", "ni", "nu", "ne",
             "no", "ha", "hi", "fu", "he", "ho", "ma", "mi", "mu", "me", "mo", "ya", "yu", "yo", "ra", "ri", "ru", "re", "ro")


def new_password():
    """Strong by any measure, and speakable."""
    words = ["".join(secrets.choice(SYLLABLES) for _ in range(4)) for _ in range(3)]
    return f"{words[0].capitalize()}-{words[1]}-{words[2]}-{secrets.randbelow(9000) + 1000}"


RECORD_FILES = ("honnin-kakunin-joho", "jumin-kihon-daicho", "sofusaki-joho", "chihozei-shutaino", "jido-teate",
                "kyufukin-shikyu-kanri-daicho", "hoikushi-torokubo")


class Person:
    def __init__(self, home, identity, name, section, staff_number, role, tenant=None, permissions=(), files=RECORD_FILES):
        self.id = identity
        self.name = name
        self.section = section
        self.staff_number = staff_number
        self.role = role
        self.tenant = tenant
        self.permissions = tuple(permissions)
        self.files = tuple(files)
        self.password = new_password()
        self.authenticator = Authenticator(new_secret())
        self.folder = os.path.join(home, "people", identity)
        self.certificate = os.path.join(self.folder, "terminal.pem")
        self.private_key = os.path.join(self.folder, "terminal.key")
        self.session = os.path.join(self.folder, "session")
        self.profile = os.path.join(self.folder, "profile.toml")
        os.makedirs(self.folder, mode=0o700)

    @property
    def login_file(self):
        """What a login needs: id and password. The second factor comes separately, as it should."""
        return self._write("login.json", {"id": self.id, "password": self.password})

    @property
    def enrolment_file(self):
        return self._write("enrolment.json", {
            "id": self.id, "name": self.name, "section": self.section, "staffNumber": self.staff_number,
            "password": self.password, "totpSecret": self.authenticator.secret})

    def forget_enrolment(self):
        path = os.path.join(self.folder, "enrolment.json")
        if os.path.exists(path):
            os.remove(path)

    def _write(self, name, members):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(members, file, ensure_ascii=False)
        return path

    def for_outside(self):
        """As DESIGN section 9 promises it to integrators."""
        return {"id": self.id, "role": self.role, "tenant": self.tenant, "password": self.password,
                "totpSecret": self.authenticator.secret, "clientCert": self.certificate, "clientKey": self.private_key}

    def for_local_socket(self):
        """The same of a person without a terminal: an officer, on the administration socket."""
        return {"id": self.id, "role": self.role, "password": self.password, "totpSecret": self.authenticator.secret}
