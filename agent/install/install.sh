#!/bin/bash
# Installs the Citrus agent on this machine and starts it. Needs bash, coreutils, gzip and curl or wget.
#
#   CITRUS_HUB_URL                where the hub answers (required)
#   CITRUS_ENROLMENT_TOKEN        the one-time token; or
#   CITRUS_ENROLMENT_TOKEN_FILE   a file that holds it. Neither is needed once the agent has enrolled.
#   CITRUS_PREFIX                 without a machine of one's own: keep everything below this folder
#   SERVER_ADDRESS                the address people reach this server at, if not the machine's first
#
# May run again at any time, also after it was killed in the middle: everything is fetched beside its place, checked
# and moved there in one step.
set -euo pipefail
umask 022

readonly AGENT_SHA256='@AGENT_SHA256@'
readonly RUNTIME_X64_PACKED_SHA256='@RUNTIME_X64_PACKED_SHA256@'
readonly RUNTIME_X64_SHA256='@RUNTIME_X64_SHA256@'
readonly RUNTIME_ARM64_PACKED_SHA256='@RUNTIME_ARM64_PACKED_SHA256@'
readonly RUNTIME_ARM64_SHA256='@RUNTIME_ARM64_SHA256@'

readonly PREFIX="${CITRUS_PREFIX:-}"
readonly PROGRAM_DIR="$PREFIX/opt/citrus-agent"
readonly CONFIG_DIR="$PREFIX/etc/citrus-agent"
readonly STATE_DIR="$PREFIX/var/lib/citrus-agent"
readonly LOG_DIR="$PREFIX/var/log/provisioning"
readonly TOKEN_FILE="$CONFIG_DIR/enrolment-token"
readonly UNIT_FILE='/etc/systemd/system/citrus-agent.service'
readonly BOOT_FILE="$PREFIX/etc/boot.d/10-citrus-agent"
readonly TRIES=40
CHANGED=no

say() { printf 'citrus-agent: %s\n' "$*"; }
die() { printf 'citrus-agent: %s\n' "$*" >&2; exit 1; }

hash_of() { sha256sum "$1" | cut -d ' ' -f 1; }
has_hash() { [[ -f "$1" && "$(hash_of "$1")" == "$2" ]]; }
json_string() { local text="${1//\\/\\\\}"; printf '"%s"' "${text//\"/\\\"}"; }

get() { # url file
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --connect-timeout 10 --max-time 900 --output "$2" "$1"
  else
    wget -q -T 60 -O "$2" "$1"
  fi
}

fetch() { # what sha256 file: until it is there and right, waiting longer each time
  local try delay
  for ((try = 1; try <= TRIES; try++)); do
    if get "$CITRUS_HUB_URL/api/artifacts/sha256:$2" "$3"; then
      if has_hash "$3" "$2"; then return 0; fi
      say "what the hub sent as $1 is damaged (SHA-256 $(hash_of "$3"), expected $2)"
    fi
    delay=$((try < 6 ? 2 ** try : 60))
    delay=$((delay / 2 + RANDOM % (delay / 2 + 1)))
    say "could not fetch $1 from $CITRUS_HUB_URL (try $try of $TRIES); again in $delay s"
    sleep "$delay"
  done
  die "could not fetch $1 from $CITRUS_HUB_URL; check that this machine can reach it, then run this again"
}

check() {
  [[ -n "${CITRUS_HUB_URL:-}" ]] || die 'CITRUS_HUB_URL is not set: say where the hub answers'
  CITRUS_HUB_URL="${CITRUS_HUB_URL%/}"
  [[ "$CITRUS_HUB_URL" =~ ^https?://[][A-Za-z0-9.:_/-]+$ ]] || die "CITRUS_HUB_URL is not an address like https://hub.example.com"
  [[ -z "$PREFIX" || "$PREFIX" == /* ]] || die 'CITRUS_PREFIX must start with /'
  command -v curl >/dev/null || command -v wget >/dev/null || die 'this needs curl or wget: install one of them and run this again'
  if [[ -z "$PREFIX" ]]; then
    [[ "$(id -u)" == 0 ]] || die 'this must run as root'
    [[ -d /run/systemd/system ]] || die 'this machine does not run systemd, which starts the agent'
  fi
  case "$(uname -m)" in
    x86_64) RUNTIME_PACKED_SHA256="$RUNTIME_X64_PACKED_SHA256" RUNTIME_SHA256="$RUNTIME_X64_SHA256" ;;
    aarch64 | arm64) RUNTIME_PACKED_SHA256="$RUNTIME_ARM64_PACKED_SHA256" RUNTIME_SHA256="$RUNTIME_ARM64_SHA256" ;;
    *) die "there is no agent for $(uname -m); it runs on x86_64 and aarch64" ;;
  esac
  [[ -n "$RUNTIME_SHA256" ]] || die "this hub offers no agent for $(uname -m)"
}

# Moves a finished file to its place in one step; does nothing if it is there already.
put() { # file place mode
  if [[ -f "$2" ]] && cmp --silent "$1" "$2"; then
    rm -f "$1"
    return 0
  fi
  chmod "$3" "$1"
  mv -f "$1" "$2"
  CHANGED=yes
}

install_program() {
  mkdir -p "$PROGRAM_DIR" "$LOG_DIR" "$CONFIG_DIR" "$STATE_DIR"
  chmod 0700 "$CONFIG_DIR"
  chmod 0711 "$STATE_DIR"
  if ! has_hash "$PROGRAM_DIR/node" "$RUNTIME_SHA256"; then
    say 'fetching the runtime (50 MB)'
    fetch 'the runtime' "$RUNTIME_PACKED_SHA256" "$PROGRAM_DIR/node.gz.part"
    gzip -dc <"$PROGRAM_DIR/node.gz.part" >"$PROGRAM_DIR/node.part"
    rm -f "$PROGRAM_DIR/node.gz.part"
    has_hash "$PROGRAM_DIR/node.part" "$RUNTIME_SHA256" || die 'the runtime was damaged while it was unpacked; is the disk full?'
    put "$PROGRAM_DIR/node.part" "$PROGRAM_DIR/node" 0755
  fi
  if ! has_hash "$PROGRAM_DIR/agent.mjs" "$AGENT_SHA256"; then
    say 'fetching the agent'
    fetch 'the agent' "$AGENT_SHA256" "$PROGRAM_DIR/agent.mjs.part"
    put "$PROGRAM_DIR/agent.mjs.part" "$PROGRAM_DIR/agent.mjs" 0644
  fi
}

# The agent keeps the hash of the token that it enrolled with.
is_used() {
  local hash
  hash="$(printf '%s' "$1" | sha256sum | cut -d ' ' -f 1)"
  [[ -f "$STATE_DIR/keys/identity.json" && "$(cat "$STATE_DIR/keys/identity.json")" == *"$hash"* ]]
}

write_config() {
  local token="${CITRUS_ENROLMENT_TOKEN:-}" server_address='' prefix=''
  if [[ -z "$token" && -n "${CITRUS_ENROLMENT_TOKEN_FILE:-}" ]]; then token="$(cat "$CITRUS_ENROLMENT_TOKEN_FILE")"; fi
  if [[ -n "$token" ]] && is_used "$token"; then token=''; fi
  if [[ -n "${SERVER_ADDRESS:-}" ]]; then server_address=",\"serverAddress\":$(json_string "$SERVER_ADDRESS")"; fi
  if [[ -n "$PREFIX" ]]; then prefix=",\"prefix\":$(json_string "$PREFIX")"; fi
  (
    umask 077
    printf '{"hubUrl":%s,"tokenFile":%s,"stateDir":%s,"logDir":%s%s%s}\n' "$(json_string "$CITRUS_HUB_URL")" "$(json_string "$TOKEN_FILE")" \
      "$(json_string "$STATE_DIR")" "$(json_string "$LOG_DIR")" "$prefix" "$server_address" >"$CONFIG_DIR/config.json.part"
    if [[ -n "$token" ]]; then printf '%s\n' "$token" >"$TOKEN_FILE.part"; fi
  )
  put "$CONFIG_DIR/config.json.part" "$CONFIG_DIR/config.json" 0600
  if [[ -n "$token" ]]; then put "$TOKEN_FILE.part" "$TOKEN_FILE" 0600; fi
  [[ -f "$TOKEN_FILE" || -f "$STATE_DIR/keys/identity.json" ]] || die 'there is no enrolment token: set CITRUS_ENROLMENT_TOKEN'
}

# KillMode=mixed: the agent ends its script itself, systemd sweeps up. OOMPolicy: a script that runs out of memory must
# not take the agent along. What would harden more (a read-only system, no new privileges) would stop installers.
start_with_systemd() {
  cat >"$UNIT_FILE.part" <<'UNIT'
[Unit]
Description=Citrus agent
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=/opt/citrus-agent/node --max-old-space-size=96 --max-semi-space-size=2 /opt/citrus-agent/agent.mjs /etc/citrus-agent/config.json
Restart=always
RestartSec=3
KillMode=mixed
TimeoutStopSec=40
OOMPolicy=continue
KeyringMode=private
LockPersonality=yes
RestrictRealtime=yes

[Install]
WantedBy=multi-user.target
UNIT
  put "$UNIT_FILE.part" "$UNIT_FILE" 0644
  systemctl daemon-reload
  systemctl enable --quiet citrus-agent.service
  if [[ "$CHANGED" == yes ]]; then systemctl restart citrus-agent.service; else systemctl start citrus-agent.service; fi
}

# Its loop starts it again, with what is new. The process id in the file may be another's by now.
end_running_agent() {
  local pid
  [[ -f "$STATE_DIR/agent.pid" ]] || return 0
  pid="$(cut -d ' ' -f 1 "$STATE_DIR/agent.pid")"
  if [[ -r "/proc/$pid/cmdline" && "$(tr '\0' ' ' <"/proc/$pid/cmdline")" == *"$PROGRAM_DIR/agent.mjs "* ]]; then kill "$pid"; fi
}

start_below_prefix() {
  local quoted
  printf -v quoted '%q' "$PREFIX"
  mkdir -p "$(dirname "$BOOT_FILE")"
  cat >"$BOOT_FILE.part" <<BOOT
#!/bin/bash
# Keeps the Citrus agent running; run at every boot. A second one finds the lock taken and leaves.
PREFIX=$quoted
BOOT
  cat >>"$BOOT_FILE.part" <<'BOOT'
cd "$PREFIX/var/lib/citrus-agent" || exit 1
exec 9>boot.lock
flock --nonblock 9 || exit 0
while true; do
  "$PREFIX/opt/citrus-agent/node" --max-old-space-size=96 --max-semi-space-size=2 "$PREFIX/opt/citrus-agent/agent.mjs" "$PREFIX/etc/citrus-agent/config.json" 9>&-
  sleep 3 9>&-
done
BOOT
  put "$BOOT_FILE.part" "$BOOT_FILE" 0700
  if [[ "$CHANGED" == yes ]]; then end_running_agent; fi
  nohup "$BOOT_FILE" </dev/null >>"$PREFIX/var/log/citrus-agent.out" 2>&1 &
}

wait_for_enrolment() {
  local second
  for ((second = 0; second < 30; second++)); do
    if [[ ! -f "$TOKEN_FILE" ]]; then
      say 'the agent has enrolled'
      return 0
    fi
    sleep 1
  done
  say "the agent has not enrolled yet and keeps trying; its log is $LOG_DIR/agent.log"
}

main() {
  check
  install_program
  write_config
  if [[ -n "$PREFIX" ]]; then start_below_prefix; else start_with_systemd; fi
  say 'the agent is installed and started'
  wait_for_enrolment
}

main
