#!/usr/bin/env python3
"""Writes boot-approval.json from the format page (hardware/tpm/boot-approval.md): a second implementation, with OpenSSL's command
line as the signer. A new run makes a new key and signature; the committed file is what the tests read."""
import base64, hashlib, json, os, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))
pcrs, reference = [0, 7, 11], b"shosoin/1/boot"
composite = hashlib.sha256(b"".join(bytes([pcr]) * 32 for pcr in pcrs)).digest()
select = bytearray(3)
for pcr in pcrs:
    select[pcr // 8] |= 1 << (pcr % 8)
selection = (1).to_bytes(4, "big") + (0x000B).to_bytes(2, "big") + b"\x03" + bytes(select)
approved = hashlib.sha256(bytes(32) + (0x17F).to_bytes(4, "big") + selection + composite).digest()


def run(*command, data=None):
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout


def der_integer(der, at):
    size = der[at + 1]
    return int.from_bytes(der[at + 2:at + 2 + size], "big"), at + 2 + size


with tempfile.TemporaryDirectory() as folder:
    key = os.path.join(folder, "key.pem")
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    public_pem = run("openssl", "ec", "-in", key, "-pubout").decode()
    point = run("openssl", "ec", "-in", key, "-pubout", "-outform", "DER")[-64:]
    der = run("openssl", "dgst", "-sha256", "-sign", key, data=approved + reference)
r, at = der_integer(der, 2)
s, at = der_integer(der, at)
document = {
    "format": "shosoin/1/boot-approval",
    "signer": {"x": point[:32].hex(), "y": point[32:].hex()},
    "approvals": [{"pcrs": pcrs, "approvedPolicy": approved.hex(), "reference": base64.b64encode(reference).decode(),
                   "signature": {"r": f"{r:064x}", "s": f"{s:064x}"}}],
}
json.dump({"composite": composite.hex(), "signerPem": public_pem,
           "file": json.dumps(document, sort_keys=True, separators=(",", ":"))},
          open(os.path.join(here, "boot-approval.json"), "w"), indent=2)
sys.stdout.write("written\n")
