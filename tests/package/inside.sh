#!/bin/bash
# Runs inside the campaign's Debian, as process 1 of no one but systemd: the life of the package on a system that has really booted, with a TPM as
# a device. Every line that begins with @@ goes to the serial console and is read by tests/package/boot_campaign.
set -u
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
here=/root/campaign
serial=/dev/ttyS0

say() { echo "@@ $*" >"$serial"; }
check() {
  local name=$1
  shift
  if "$@" >"$here/out" 2>&1; then say "passed: $name"; else
    say "FAILED: $name"
    tail -c 1500 "$here/out" >"$serial"
  fi
}
fails() { ! "$@"; }
pid_of() { systemctl show -p MainPID --value "$1"; }
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.2
  done
}
property() { [[ $(systemctl show -p "$2" --value "$1") == "$3" ]]; }
field() { [[ $(awk -v key="$2:" '$1 == key { print $2; exit }' "/proc/$1/status") == "$3" ]]; }
as_vault() { runuser -u shosoin-vault -- "$@"; }
healthy() { shosoin --json health | grep -q '"ready":true'; }

# -- first installation: nothing runs, nothing is enabled

check "the TPM is there as a device" test -c /dev/tpmrm0
check "the package installs" dpkg -i "$here/first.deb"
check "nothing is enabled" bash -c '! systemctl is-enabled shosoin-vault.service && ! systemctl is-enabled shosoin-gate.socket'
check "a start before init does nothing and is no failure" bash -c 'systemctl start shosoin-vault.service shosoin-gate.socket &&
  ! systemctl is-active shosoin-vault.service && ! systemctl is-active shosoin-gate.socket && ! systemctl is-failed shosoin-vault.service'

# -- init, as the page of operations says

person() { # id name staff-number secret
  printf '{"id":"%s","name":"%s","section":"運用","staffNumber":"%s","password":"%s","totpSecret":"%s"}' "$1" "$2" "$3" \
    "kaki-no-ha-$1-7Q!z-tsukimi" "$4" >"$here/$1.json"
  chmod 600 "$here/$1.json"
}
secret() { head -c 20 /dev/urandom | base32; }
for one in "aoki 青木 90001" "baba 馬場 90002" "chiba 千葉 10011"; do
  set -- $one
  person "$1" "$2" "$3" "$(secret)"
done
shosoin boot keygen --out "$here/signer.key" --public-out /etc/shosoin/boot-signer.pem >/dev/null
check "the boot state is approved with the device" shosoin boot approve --signing-key "$here/signer.key" --tcti device:/dev/tpmrm0 \
  --out /etc/shosoin/boot-approvals.json
chmod 644 /etc/shosoin/boot-signer.pem /etc/shosoin/boot-approvals.json
install -d -m 0700 -o shosoin-vault -g shosoin-vault /run/shosoin-init
install -m 0600 -o shosoin-vault -g shosoin-vault "$here/aoki.json" "$here/baba.json" /run/shosoin-init/
init="shosoin init --officer /run/shosoin-init/aoki.json --officer /run/shosoin-init/baba.json --shares-directory /run/shosoin-init/shares"
check "the settings as they come refuse a software TPM" bash -c "runuser -u shosoin-vault -- $init; [[ \$? == 78 ]]"
sed -i 's/^hardware_only = true$/hardware_only = false/' /etc/shosoin/shosoin.toml
check "init under the vault's account" as_vault $init
rm -rf /run/shosoin-init
check "data and state copy are closed to others" bash -c '[[ $(stat -c %a:%U /var/lib/shosoin/data /var/lib/shosoin-copy/copy | sort -u) == 700:shosoin-vault ]]'

ca="openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
$ca -subj "/CN=Server authority" -keyout "$here/ca.key" -out "$here/ca.pem" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout "$here/gate.key" -out "$here/gate.csr" 2>/dev/null
openssl x509 -req -in "$here/gate.csr" -CA "$here/ca.pem" -CAkey "$here/ca.key" -days 2 -out "$here/gate.pem" \
  -extfile <(printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n') 2>/dev/null
install -m 0644 "$here/gate.pem" /etc/shosoin/gate.pem
install -m 0600 -o shosoin-gate -g shosoin-gate "$here/gate.key" /etc/shosoin/gate.key
install -m 0644 /var/lib/shosoin/data/terminal-ca.pem /etc/shosoin/terminal-ca.pem
sed -i 's/^authority = .*/authority = ["localhost"]/' /etc/shosoin/shosoin.toml

# -- both run

check "enabled and started by hand" systemctl enable --now shosoin-vault.service shosoin-gate.socket
check "the vault is ready" within 20 healthy
for officer in aoki baba; do
  check "session of $officer" shosoin session open --as "$here/$officer.json" --out "$here/$officer.session"
done
two="--session $here/aoki.session --session $here/baba.session"
check "a tenant" shosoin tenant create 132101 小金井市 $two
check "an operator" shosoin operator add --person "$here/chiba.json" --role operator --tenant 132101 --file honnin-kakunin-joho $two
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=chiba -keyout "$here/chiba.key" -out "$here/chiba.csr" 2>/dev/null
chmod 600 "$here/chiba.key"
check "a terminal" shosoin terminal add --csr "$here/chiba.csr" --name 窓口1 --tenant 132101 --out "$here/chiba.pem" $two
printf 'url = "https://localhost"\nca = "%s/ca.pem"\ncert = "%s/chiba.pem"\nkey = "%s/chiba.key"\n' "$here" "$here" "$here" >"$here/chiba.toml"
check "a login through the socket of systemd and the confined gate" shosoin login --profile "$here/chiba.toml" --as "$here/chiba.json" \
  --out "$here/chiba.session"
who="shosoin whoami --profile $here/chiba.toml --session $here/chiba.session"
check "a request" $who

vault=$(pid_of shosoin-vault.service) gate=$(pid_of shosoin-gate.service)
for pid in "$vault" "$gate"; do
  name=$(cat "/proc/$pid/comm")
  for capabilities in CapInh CapPrm CapEff CapBnd CapAmb; do
    check "$name: $capabilities is empty" field "$pid" "$capabilities" 0000000000000000
  done
  check "$name: cannot gain privilege" field "$pid" NoNewPrivs 1
  check "$name: filters of unit and program" field "$pid" Seccomp 2
  check "$name: a network of its own" fails test "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/1/ns/net)"
  check "$name: no interface but loopback" bash -c "[[ \$(tail -n +3 /proc/$pid/net/dev | cut -d: -f1 | tr -d ' ') == lo ]]"
  check "$name: no socket of any network made there" bash -c "! tail -qn +2 /proc/$pid/net/{tcp,tcp6,udp,udp6,raw,raw6} | grep ."
  check "$name: never dumped" grep -Eq 'Max core file size +0 +0' "/proc/$pid/limits"
  check "$name: not in swap" bash -c "[[ \$(cat /sys/fs/cgroup/system.slice/$name.service/memory.swap.max) == 0 ]]"
done
check "vault: the TPM's device, and of devices no other" bash -c "ls -l /proc/$vault/fd | grep -q /dev/tpmrm0 && [[ \$(ls -l /proc/$vault/fd | grep -o '/dev/.*' | sort -u | grep -v /dev/null) == /dev/tpmrm0 ]]"
check "gate: no file of data and no device" bash -c "! ls -l /proc/$gate/fd | grep -E '/var/lib|/dev/tpm'"
check "gate: data are not even there" bash -c "! ls /proc/$gate/root/var/lib/shosoin/data"
check "vault: the flusher has its priority" bash -c "ps -Lo ni= -p $vault | grep -q -- -10"
check "vault: locks memory" fails field "$vault" VmLck 0
for unit in shosoin-vault shosoin-gate; do
  say "exposure of $unit as it runs: $(systemd-analyze security --no-pager $unit.service | tail -1 | grep -oE '[0-9.]+ [A-Z]+')"
  check "$unit is at most at 0.7" systemd-analyze security --no-pager --threshold=7 $unit.service
done

# -- failures, upgrades, the end

kill -9 "$vault"
check "a killed vault comes back" within 20 healthy
check "and the gate serves again" within 20 $who
check "nothing counted as given up" property shosoin-vault.service NRestarts 1
sleep 35
check "the gate satisfies its watchdog" property shosoin-gate.service NRestarts 0

port_since=$(systemctl show -p ActiveEnterTimestampMonotonic --value shosoin-gate.socket)
vault=$(pid_of shosoin-vault.service) gate=$(pid_of shosoin-gate.service)
shosoin batch run --now $two >"$here/batch" 2>&1 &
batch=$!
check "an upgrade while a batch is asked for" dpkg --force-confold -i "$here/second.deb"
wait "$batch"
say "the batch of that moment ended with $?"
check "the vault was restarted" bash -c "[[ \$(systemctl show -p MainPID --value shosoin-vault.service) != $vault ]]"
check "the gate was restarted" bash -c "[[ \$(systemctl show -p MainPID --value shosoin-gate.service) != $gate ]]"
check "its port stayed open" property shosoin-gate.socket ActiveEnterTimestampMonotonic "$port_since"
check "the vault is ready after the upgrade" within 20 healthy
check "no batch was left half-way" bash -c "shosoin --json status --session $here/aoki.session | grep -Eq '\"pendingEpoch\":(null|false)|\"atStart\":\"settled\"'"
check "the session outlived the upgrade" within 20 $who
check "our settings outlived the upgrade" grep -q '^authority = \["localhost"\]' /etc/shosoin/shosoin.toml

check "removing stops all" bash -c 'dpkg -r shosoin && ! systemctl is-active shosoin-vault.service shosoin-gate.service shosoin-gate.socket'
check "removing leaves the data" test -e /var/lib/shosoin/data/provisioning.json
check "installing again" dpkg --force-confold -i "$here/second.deb"
check "what was enabled is enabled again" systemctl is-enabled shosoin-vault.service
check "and started on the data that stayed" bash -c 'systemctl start shosoin-vault.service shosoin-gate.socket'
check "ready again" within 20 healthy
check "a purge nobody watches" bash -c "dpkg -P shosoin >$here/purge 2>&1; grep -q '  /var/lib/shosoin$' $here/purge"
check "keeps the data" test -e /var/lib/shosoin/data/provisioning.json
check "and leaves no unit behind" bash -c '! systemctl cat shosoin-vault.service && [[ -z $(find /etc/systemd /var/lib/systemd/deb-systemd-helper-* -name "shosoin*") ]]'

check "no system call was stopped" bash -c "! journalctl -b --no-pager | grep -E 'type=1326|SIGSYS'"
check "no unit failed" bash -c '! systemctl --failed --no-legend | grep shosoin'
journalctl -b --no-pager -u shosoin-vault -u shosoin-gate -o cat | tail -40 | sed 's/^/   /' >"$serial"
say "end"
