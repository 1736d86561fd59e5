#!/bin/sh
# The check of storage/erasure/certificate.md by hand: jq, openssl and coreutils, none of our code. Usage: by_hand.sh CERTIFICATE RECORD
set -eu
certificate=$1
record=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

unhex() { tr a-f A-F | basenc -d --base16; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
sha256() { sha256sum | cut -c1-64; }
of() { jq -j "$1" "$certificate"; }
pin() { jq -j "$1" "$record" | base64 -d | hex; }
same() { [ "$2" = "$3" ] || { echo "$1: $2 is not $3"; exit 1; }; echo "$1: $2"; }
p256_key() { printf '3059301306072a8648ce3d020106082a8648ce3d03010703420004%s%s' "$1" "$2" | unhex >"$3"; }
# r and s (hex) as the DER that openssl wants
ecdsa() { printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$1" "$2" >"$place/conf"
          openssl asn1parse -genconf "$place/conf" -noout -out "$3"; }

# 1. The custodians signed the record. Their key must be compared with the one on paper: the record brings its own.
jq -cjS 'del(.signature)' "$record" >"$place/record"
both=$(pin .signature)
p256_key "$(pin .custodianKeyX)" "$(pin .custodianKeyY)" "$place/custodians"
ecdsa "$(echo "$both" | cut -c1-64)" "$(echo "$both" | cut -c65-128)" "$place/signature"
openssl dgst -sha256 -verify "$place/custodians" -keyform DER -signature "$place/signature" "$place/record"

# 2. The appliance signed the certificate.
jq -cjS 'del(.signature)' "$certificate" >"$place/body"
of .signature | base64 -d >"$place/signature"
printf '302a300506032b6570032100%s' "$(pin .signingKey)" | unhex >"$place/key"
openssl pkeyutl -verify -pubin -keyform DER -inkey "$place/key" -rawin -in "$place/body" -sigfile "$place/signature"

# 3. Manifest, serial, chain.
of .manifest | base64 -d >"$place/manifest"
digest=$(sha256 <"$place/manifest")
same "serial" "$({ cat "$place/manifest"; printf '%08x' "$(of .index)" | unhex; } | sha256)" "$(of .serial)"
same "chain" "$(printf '%s%s' "$(of .chain.previous)" "$digest" | unhex | sha256)" "$(of .chain.current)"
same "previous chain in the manifest" "$(hex <"$place/manifest" | cut -c53-116)" "$(of .chain.previous)"

# 4. Every row is a leaf.
of '.rows[] | .row + .digest + "\n"' | while read -r row; do
  leaf=$(printf '00%s%s' "$(of .tenant)" "$row" | unhex | sha256)
  of '.tenantLeaves[] + "\n"' | grep -qx "$leaf" || { echo "row $row is no leaf"; exit 1; }
done

# 5. What the TPM says: signed by its key, about this manifest, index and content as claimed.
p256_key "$(pin .attestationKeyX)" "$(pin .attestationKeyY)" "$place/ak"
statement() {  # name, Name of the index, content
  of ".evidence.$1.statement" | base64 -d >"$place/statement"
  signature=$(of ".evidence.$1.signature" | base64 -d | hex)  # 0018 000b, then length and bytes of r and of s
  ecdsa "$(echo "$signature" | cut -c13-76)" "$(echo "$signature" | cut -c81-144)" "$place/signature"
  openssl dgst -sha256 -verify "$place/ak" -keyform DER -signature "$place/signature" "$place/statement"
  words=$(hex <"$place/statement")
  case $words in ff5443478014*0020"$digest"*0022"$2"*"$3") echo "$1 speaks of this manifest: $3" ;; *) echo "$1: $words"; exit 1 ;; esac
}
parity=$((($(of .epoch) + 1) % 2))
statement chain "$(pin .chainName)" "$(of .chain.current)"
statement counter "$(pin .counterName)" "$(printf '%016x' $(($(jq .counterBase "$record") + $(of .epoch))))"
statement slot "$(pin ".slot${parity}Name")" "$({ printf shred; cat "$place/manifest"; } | sha256)"
echo "the certificate holds"
