#!/bin/sh
# Puts the Citrus agent on this machine and starts it, or removes it. Needs a POSIX shell, coreutils, gzip, and curl or
# wget. It holds no secret and by itself does nothing: what to do is asked for by its parameter, or by a line that is
# piped into the shell behind it, so that half of a broken download does nothing either.
#
#   citrus_join <hub> <token>   (a line behind the script) this machine becomes a server of that hub
#   sh install.sh first-boot    a droplet's user data runs this: as `install`, and afterwards the token cannot be read here
#   sh install.sh install       from the environment:
#     CITRUS_HUB_URL                where the hub answers (required)
#     CITRUS_ENROLMENT_TOKEN        the one-time token; or
#     CITRUS_ENROLMENT_TOKEN_FILE   a file that holds it. Neither is needed once the agent has enrolled.
#     SERVER_ADDRESS                the address people reach this server at, if not the machine's first
#   sh install.sh --uninstall   stops the agent and removes everything of it (see uninstall.sh)
#
#   CITRUS_PREFIX                 without a machine of one's own: keep everything below this folder
#
# May run again at any time, also after it was killed in the middle: everything is fetched beside its place, checked
# and moved there in one step.
set -eu
umask 022

AGENT_SHA256='@AGENT_SHA256@'
RUNTIME_X64_PACKED_SHA256='@RUNTIME_X64_PACKED_SHA256@'
RUNTIME_X64_SHA256='@RUNTIME_X64_SHA256@'
RUNTIME_ARM64_PACKED_SHA256='@RUNTIME_ARM64_PACKED_SHA256@'
RUNTIME_ARM64_SHA256='@RUNTIME_ARM64_SHA256@'

PREFIX="${CITRUS_PREFIX:-}"
PROGRAM_DIR="$PREFIX/opt/citrus-agent"
CONFIG_DIR="$PREFIX/etc/citrus-agent"
STATE_DIR="$PREFIX/var/lib/citrus-agent"
LOG_DIR="$PREFIX/var/log/provisioning"
TOKEN_FILE="$CONFIG_DIR/enrolment-token"
IDENTITY_FILE="$STATE_DIR/keys/identity.json"
UNIT_DIR='/etc/systemd/system'
BOOT_FILE="$PREFIX/etc/boot.d/10-citrus-agent"
TRIES=40
CHANGED=no
ASKED=no
LOG_BEFORE=0

say() { printf 'citrus-agent: %s\n' "$*"; }
die() { printf 'citrus-agent: %s\n' "$*" >&2; exit 1; }

hash_of() { sha256sum "$1" | cut -d ' ' -f 1; }
has_hash() { [ -f "$1" ] && [ "$(hash_of "$1")" = "$2" ]; }
json_string() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"; }
shell_word() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }
random_below() { echo $(($(od -An -N2 -tu2 /dev/urandom) % $1)); }

get() { # url file
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --connect-timeout 10 --max-time 900 --output "$2" "$1"
  else
    wget -q -T 60 -O "$2" "$1"
  fi
}

fetch() { # what sha256 file: until it is there and right, waiting longer each time
  try=1
  delay=2
  while [ "$try" -le "$TRIES" ]; do
    if get "$CITRUS_HUB_URL/api/artifacts/sha256:$2" "$3"; then
      if has_hash "$3" "$2"; then return 0; fi
      say "what the hub sent as $1 is damaged (SHA-256 $(hash_of "$3"), expected $2)"
    fi
    pause=$((delay / 2 + $(random_below $((delay / 2 + 1)))))
    say "could not fetch $1 from $CITRUS_HUB_URL (try $try of $TRIES); again in $pause s"
    sleep "$pause"
    try=$((try + 1))
    delay=$((delay < 60 ? delay * 2 : 60))
  done
  die "could not fetch $1 from $CITRUS_HUB_URL; check that this machine can reach it, then run this again"
}

check_place() {
  case "$PREFIX" in
    '') ;;
    /*) return 0 ;;
    *) die 'CITRUS_PREFIX must start with /' ;;
  esac
  [ "$(id -u)" = 0 ] || die 'this must run as root, for example with sudo'
  [ -d /run/systemd/system ] || die 'this machine does not run systemd, which starts the agent'
}

check_hub() {
  [ -n "${CITRUS_HUB_URL:-}" ] || die 'CITRUS_HUB_URL is not set: say where the hub answers'
  CITRUS_HUB_URL="${CITRUS_HUB_URL%/}"
  case "$CITRUS_HUB_URL" in
    *[!][A-Za-z0-9.:_/-]*) die 'CITRUS_HUB_URL is not an address like https://hub.example.com' ;;
    http://?* | https://?*) ;;
    *) die 'CITRUS_HUB_URL is not an address like https://hub.example.com' ;;
  esac
}

check_machine() {
  command -v curl >/dev/null || command -v wget >/dev/null || die 'this needs curl or wget: install one of them and run this again'
  for tool in sha256sum gzip cmp od sed cut; do
    command -v "$tool" >/dev/null || die "this needs the program $tool: install it and run this again"
  done
  case "$(uname -m)" in
    x86_64) RUNTIME_PACKED_SHA256="$RUNTIME_X64_PACKED_SHA256" RUNTIME_SHA256="$RUNTIME_X64_SHA256" ;;
    aarch64 | arm64) RUNTIME_PACKED_SHA256="$RUNTIME_ARM64_PACKED_SHA256" RUNTIME_SHA256="$RUNTIME_ARM64_SHA256" ;;
    *) die "there is no agent for $(uname -m); it runs on x86_64 and aarch64" ;;
  esac
  VERSION="$AGENT_SHA256-$(printf '%.16s' "$RUNTIME_PACKED_SHA256")"
  [ -n "$RUNTIME_SHA256" ] || die "this hub offers no agent for $(uname -m)"
}

# Moves a finished file to its place in one step; does nothing if it is there already.
put() { # file place mode
  if [ -f "$2" ] && cmp -s "$1" "$2"; then
    rm -f "$1"
    return 0
  fi
  chmod "$3" "$1"
  mv -f "$1" "$2"
  CHANGED=yes
}

fetch_runtime() {
  say 'fetching the runtime (50 MB)'
  fetch 'the runtime' "$RUNTIME_PACKED_SHA256" "$VERSION_DIR/node.gz.part"
  gzip -dc <"$VERSION_DIR/node.gz.part" >"$VERSION_DIR/node.part"
  rm -f "$VERSION_DIR/node.gz.part"
  has_hash "$VERSION_DIR/node.part" "$RUNTIME_SHA256" || die 'the runtime was damaged while it was unpacked; is the disk full?'
}

# This version runs from now on; whoever runs this does not wait for a trial.
make_current() {
  rm -f "$PROGRAM_DIR/trial" "$PROGRAM_DIR/confirmed" "$PROGRAM_DIR/reverted"
  if [ "$(readlink "$PROGRAM_DIR/current")" = "versions/$VERSION" ]; then return 0; fi
  ln -sfn "versions/$VERSION" "$PROGRAM_DIR/current.part"
  mv -fT "$PROGRAM_DIR/current.part" "$PROGRAM_DIR/current"
  CHANGED=yes
}

# The program of an agent that was installed before its versions lay side by side; it has ended.
remove_old_layout() { rm -f "$PROGRAM_DIR/node" "$PROGRAM_DIR/agent.mjs"; }

install_program() {
  mkdir -p "$PROGRAM_DIR" "$LOG_DIR" "$CONFIG_DIR" "$STATE_DIR"
  chmod 0700 "$CONFIG_DIR"
  chmod 0711 "$STATE_DIR"
  VERSION_DIR="$PROGRAM_DIR/versions/$VERSION"
  mkdir -p "$VERSION_DIR"
  if ! has_hash "$VERSION_DIR/node" "$RUNTIME_SHA256"; then
    # Of an agent that was installed before its versions lay side by side.
    if has_hash "$PROGRAM_DIR/node" "$RUNTIME_SHA256"; then ln -f "$PROGRAM_DIR/node" "$VERSION_DIR/node.part"; else fetch_runtime; fi
    put "$VERSION_DIR/node.part" "$VERSION_DIR/node" 0755
  fi
  if ! has_hash "$VERSION_DIR/agent.mjs" "$AGENT_SHA256"; then
    say 'fetching the agent'
    fetch 'the agent' "$AGENT_SHA256" "$VERSION_DIR/agent.mjs.part"
    put "$VERSION_DIR/agent.mjs.part" "$VERSION_DIR/agent.mjs" 0644
  fi
  launcher >"$PROGRAM_DIR/launch.sh.part"
  put "$PROGRAM_DIR/launch.sh.part" "$PROGRAM_DIR/launch.sh" 0755
  make_current
  uninstaller >"$PROGRAM_DIR/uninstall.sh.part"
  chmod 0755 "$PROGRAM_DIR/uninstall.sh.part"
  mv -f "$PROGRAM_DIR/uninstall.sh.part" "$PROGRAM_DIR/uninstall.sh"
}

# The agent keeps the hash of the token that it enrolled with.
is_used() {
  hash="$(printf '%s' "$1" | sha256sum | cut -d ' ' -f 1)"
  [ -f "$IDENTITY_FILE" ] && grep -qF "$hash" "$IDENTITY_FILE"
}

write_config() { # token, or nothing
  token="$1" server_address='' prefix=''
  if [ -n "$token" ] && is_used "$token"; then token=''; fi
  if [ -n "${SERVER_ADDRESS:-}" ]; then server_address=",\"serverAddress\":$(json_string "$SERVER_ADDRESS")"; fi
  if [ -n "$PREFIX" ]; then prefix=",\"prefix\":$(json_string "$PREFIX")"; fi
  (
    umask 077
    printf '{"hubUrl":%s,"tokenFile":%s,"stateDir":%s,"logDir":%s%s%s}\n' "$(json_string "$CITRUS_HUB_URL")" "$(json_string "$TOKEN_FILE")" \
      "$(json_string "$STATE_DIR")" "$(json_string "$LOG_DIR")" "$prefix" "$server_address" >"$CONFIG_DIR/config.json.part"
    if [ -n "$token" ]; then printf '%s\n' "$token" >"$TOKEN_FILE.part"; fi
  )
  put "$CONFIG_DIR/config.json.part" "$CONFIG_DIR/config.json" 0600
  if [ -n "$token" ]; then put "$TOKEN_FILE.part" "$TOKEN_FILE" 0600; fi
  [ -f "$TOKEN_FILE" ] || [ -f "$IDENTITY_FILE" ] || die 'there is no enrolment token: set CITRUS_ENROLMENT_TOKEN'
}

# KillMode=mixed: the agent ends its script itself, systemd sweeps up. OOMPolicy: a script that runs out of memory must
# not take the agent along. What would harden more (a read-only system, no new privileges) would stop installers.
start_with_systemd() {
  cat >"$UNIT_DIR/citrus-agent.service.part" <<'UNIT'
[Unit]
Description=Citrus agent
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Environment=NODE_COMPILE_CACHE=/var/lib/citrus-agent/compiled
ExecStart=/bin/sh /opt/citrus-agent/launch.sh /etc/citrus-agent/config.json
Restart=always
RestartSec=3
KillMode=mixed
TimeoutStopSec=40
OOMPolicy=continue
OOMScoreAdjust=-500
Delegate=memory pids
KeyringMode=private
LockPersonality=yes
RestrictRealtime=yes

[Install]
WantedBy=multi-user.target
UNIT
  put "$UNIT_DIR/citrus-agent.service.part" "$UNIT_DIR/citrus-agent.service" 0644
  systemctl daemon-reload
  systemctl enable --quiet citrus-agent.service
  if [ "$CHANGED" = yes ]; then systemctl stop citrus-agent.service; fi
  LOG_BEFORE="$(log_lines)"
  systemctl start citrus-agent.service
}

# Its loop starts it again, with what is new. The process id in the file may be another's by now.
end_running_agent() {
  [ -f "$STATE_DIR/agent.pid" ] || return 0
  pid="$(cut -d ' ' -f 1 "$STATE_DIR/agent.pid")"
  if [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$PROGRAM_DIR/"; then
    kill "$pid" || return 0
    while [ -d "/proc/$pid" ]; do sleep 0.1; done
  fi
}

# A loop that was begun from another text than the new one would go on with it.
end_other_loop() {
  if [ ! -f "$BOOT_FILE" ] || cmp -s "$BOOT_FILE.part" "$BOOT_FILE" || [ ! -f "$STATE_DIR/boot.pid" ]; then return 0; fi
  pid="$(cat "$STATE_DIR/boot.pid")"
  if [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$BOOT_FILE"; then
    kill "$pid" || return 0
    CHANGED=yes
  fi
}

start_below_prefix() {
  mkdir -p "$(dirname "$BOOT_FILE")"
  cat >"$BOOT_FILE.part" <<BOOT
#!/bin/sh
# Keeps the Citrus agent running; run at every boot. A second one finds the lock taken and leaves.
PREFIX=$(shell_word "$PREFIX")
BOOT
  cat >>"$BOOT_FILE.part" <<'BOOT'
cd "$PREFIX/var/lib/citrus-agent" || exit 1
exec 9>boot.lock
flock --nonblock 9 || exit 0
echo $$ >boot.pid
while true; do
  NODE_COMPILE_CACHE="$PREFIX/var/lib/citrus-agent/compiled" sh "$PREFIX/opt/citrus-agent/launch.sh" "$PREFIX/etc/citrus-agent/config.json" 9>&-
  sleep 3 9>&-
done
BOOT
  end_other_loop
  put "$BOOT_FILE.part" "$BOOT_FILE" 0700
  if [ "$CHANGED" = yes ]; then end_running_agent; fi
  LOG_BEFORE="$(log_lines)"
  nohup "$BOOT_FILE" </dev/null >>"$PREFIX/var/log/citrus-agent.out" 2>&1 &
}

# The token leaves its file when the agent has enrolled.
is_enrolled() { # within seconds
  second=0
  while [ "$second" -lt "$1" ]; do
    if [ ! -f "$TOKEN_FILE" ]; then return 0; fi
    sleep 1
    second=$((second + 1))
  done
  return 1
}

# Why the agent could not enrol since it was started, in its own words; one that ran before may have said other things.
last_refusal() { # lines of the log before
  [ -f "$LOG_DIR/agent.log" ] || return 0
  tail -n "+$(($1 + 1))" "$LOG_DIR/agent.log" | sed -n '/agent\.not_enrolled/s/.*"reason":"\([^"]*\)".*/\1/p' | tail -n 1
}

log_lines() { if [ -f "$LOG_DIR/agent.log" ]; then wc -l <"$LOG_DIR/agent.log"; else echo 0; fi; }

run_install() { # token, or nothing
  check_place
  check_hub
  check_machine
  install_program
  write_config "$1"
  if [ "$GUARD" = yes ]; then guard_machine; fi
  if [ -n "$PREFIX" ]; then start_below_prefix; else start_with_systemd; fi
  remove_old_layout
  say 'the agent is installed and started'
}

given_token() {
  if [ -n "${CITRUS_ENROLMENT_TOKEN:-}" ]; then
    printf '%s' "$CITRUS_ENROLMENT_TOKEN"
  elif [ -n "${CITRUS_ENROLMENT_TOKEN_FILE:-}" ]; then
    cat "$CITRUS_ENROLMENT_TOKEN_FILE"
  fi
}

install_from_environment() {
  run_install "$(given_token)"
  if is_enrolled 30; then
    say 'the agent has enrolled'
  else
    say "the agent has not enrolled yet and keeps trying; its log is $LOG_DIR/agent.log"
  fi
}

# A machine is one server. The token begins with the id of the server that it is for.
refuse_second_life() { # token
  [ -f "$IDENTITY_FILE" ] || return 0
  if grep -qF "\"serverId\":\"${1%%.*}\"" "$IDENTITY_FILE"; then return 0; fi
  die "this machine is another server of Citrus already. If it is to become this one, remove that agent first: sh $PROGRAM_DIR/uninstall.sh"
}

citrus_join() { # hub token
  ASKED=yes
  [ $# = 2 ] || die 'citrus_join needs the address of the hub and the token: copy the whole command again'
  CITRUS_HUB_URL="$1"
  check_place
  refuse_second_life "$2"
  run_install "$2" </dev/null
  turn=0 reason=''
  while [ "$turn" -lt 60 ]; do
    if is_enrolled 1; then
      say "this machine has joined $CITRUS_HUB_URL. To remove the agent again: sh $PROGRAM_DIR/uninstall.sh"
      return 0
    fi
    turn=$((turn + 1))
    reason="$(last_refusal "$LOG_BEFORE")"
    # What is no answer may become one; a refusal stays.
    case "$reason" in 'the hub refuses'*) break ;; esac
  done
  die "the agent is installed but has not joined yet${reason:+: $reason}. It keeps trying; its log is $LOG_DIR/agent.log. If the token has ended, ask for a new command and run that."
}

# On a machine that a cloud made for us: see guard.sh.
guard_machine() {
  guard >"$PROGRAM_DIR/guard.sh.part"
  put "$PROGRAM_DIR/guard.sh.part" "$PROGRAM_DIR/guard.sh" 0755
  CITRUS_PREFIX="$PREFIX" sh "$PROGRAM_DIR/guard.sh" install
}

launcher() {
  cat <<'CITRUS_LAUNCH'
@LAUNCH_SCRIPT@
CITRUS_LAUNCH
}

guard() {
  cat <<'CITRUS_GUARD'
@GUARD_SCRIPT@
CITRUS_GUARD
}

uninstaller() {
  cat <<'CITRUS_UNINSTALL'
@UNINSTALL_SCRIPT@
CITRUS_UNINSTALL
}

nothing_asked() {
  if [ "$ASKED" = no ]; then
    printf 'citrus-agent: nothing was done: copy the whole command that Citrus shows, to its end\n' >&2
    exit 2
  fi
}
trap nothing_asked EXIT

GUARD=no
case "${1:-}" in
  '') ;;
  install) ASKED=yes; install_from_environment ;;
  first-boot) ASKED=yes; GUARD=yes; install_from_environment ;;
  --uninstall)
    ASKED=yes
    shift
    uninstaller | CITRUS_PREFIX="$PREFIX" sh -s -- "$@"
    ;;
  *) ASKED=yes; die "there is no $1: it is install, first-boot or --uninstall" ;;
esac
