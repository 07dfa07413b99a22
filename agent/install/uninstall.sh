#!/bin/sh
# Stops the Citrus agent and removes everything of it from this machine: program, configuration, keys, journal and logs.
# What the agent has installed goes on; the files of portable applications stay in /var/lib/citrus-agent/apps unless
# --with-apps is given. May run again at any time.
set -eu

PREFIX="${CITRUS_PREFIX:-}"
PROGRAM_DIR="$PREFIX/opt/citrus-agent"
STATE_DIR="$PREFIX/var/lib/citrus-agent"
BOOT_FILE="$PREFIX/etc/boot.d/10-citrus-agent"
UNIT_DIR='/etc/systemd/system'

say() { printf 'citrus-agent: %s\n' "$*"; }
die() { printf 'citrus-agent: %s\n' "$*" >&2; exit 1; }

# The process id in the file may be another's by now.
end_process() { # pid, text in its command line
  [ -r "/proc/$1/cmdline" ] || return 0
  tr '\0' ' ' <"/proc/$1/cmdline" | grep -qF "$2" || return 0
  kill "$1" 2>/dev/null || return 0
  waited=0
  while [ -d "/proc/$1" ] && [ "$waited" -lt 400 ]; do
    sleep 0.1
    waited=$((waited + 1))
  done
}

stop_with_systemd() {
  [ -d /run/systemd/system ] || return 0
  for unit in citrus-agent.service citrus-metadata-guard.service citrus-scrub-user-data.service; do
    [ -f "$UNIT_DIR/$unit" ] || continue
    systemctl disable --quiet --now "$unit"
    rm -f "$UNIT_DIR/$unit"
  done
  systemctl daemon-reload
}

stop_below_prefix() {
  if [ -f "$STATE_DIR/boot.pid" ]; then end_process "$(cat "$STATE_DIR/boot.pid")" "$BOOT_FILE"; fi
  if [ -f "$STATE_DIR/agent.pid" ]; then end_process "$(cut -d ' ' -f 1 "$STATE_DIR/agent.pid")" "$PROGRAM_DIR/"; fi
  rm -f "$BOOT_FILE" "$PREFIX/var/log/citrus-agent.out"
}

remove_state() { # with applications?
  [ -d "$STATE_DIR" ] || return 0
  if [ "$1" = yes ] || ! [ -d "$STATE_DIR/apps" ] || [ -z "$(ls -A "$STATE_DIR/apps")" ]; then
    rm -rf "$STATE_DIR"
    return 0
  fi
  for entry in "$STATE_DIR"/* "$STATE_DIR"/.[!.]*; do
    case "$entry" in */apps) ;; *) rm -rf "$entry" ;; esac
  done
  say "the applications in $STATE_DIR/apps stay; remove them with --with-apps, or by hand"
}

main() {
  with_apps=no
  case "${1:-}" in
    '') ;;
    --with-apps) with_apps=yes ;;
    *) die "there is no $1: only --with-apps can be added" ;;
  esac
  case "$PREFIX" in
    '') [ "$(id -u)" = 0 ] || die 'this must run as root, for example with sudo' ;;
    /*) ;;
    *) die 'CITRUS_PREFIX must start with /' ;;
  esac
  if [ -z "$PREFIX" ]; then stop_with_systemd; else stop_below_prefix; fi
  if [ -f "$PROGRAM_DIR/guard.sh" ]; then CITRUS_PREFIX="$PREFIX" sh "$PROGRAM_DIR/guard.sh" remove || say 'the rule that keeps programs from the metadata could not be removed; it ends with the next boot'; fi
  rm -rf "$PREFIX/etc/citrus-agent" "$PREFIX/var/log/provisioning"
  remove_state "$with_apps"
  rm -rf "$PROGRAM_DIR"
  say 'the agent is removed from this machine. Delete the server in Citrus too, if that is not done'
}

main "$@"
