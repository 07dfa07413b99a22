# shellcheck shell=bash
# shellcheck disable=SC2034 # the scripts that source this use what is set here
# What the scripts of this installer share: how the page's service is started and stopped, with systemd or without.

set -Eeuo pipefail

readonly VALIDATION=1 INSTALLATION=2 CONFIGURATION=3
readonly UNIT=citrus-status-page.service
readonly UNIT_FILE="/etc/systemd/system/$UNIT"
readonly BOOT_FILE="${CITRUS_PREFIX:-}/etc/boot.d/60-status-page"
readonly SETTINGS_FILE="$CITRUS_APP_DIR/settings.json"
readonly URL_FILE="$CITRUS_APP_DIR/url"
readonly PID_FILE="$CITRUS_APP_DIR/pid"

# `stage` is what a failure from here on means: the exit code.
stage=$INSTALLATION
trap 'exit "$stage"' ERR

progress() { printf '::progress %s %s\n' "$1" "$2"; }
fail() { # code message
  printf '%s\n' "$2" >&2
  exit "$1"
}

# Under a prefix the machine's own systemd is not ours, even where we could reach it.
has_systemd() { [[ -z "${CITRUS_PREFIX:-}" && -d /run/systemd/system && "$(id -u)" == 0 ]]; }

is_running() { # the loop of the boot program; its process id may be another's by now
  local pid
  [[ -f "$PID_FILE" ]] || return 1
  pid="$(cat "$PID_FILE")"
  [[ -r "/proc/$pid/cmdline" && "$(tr '\0' ' ' <"/proc/$pid/cmdline")" == *"$BOOT_FILE "* ]]
}

stop_service() {
  if has_systemd; then
    if [[ -e "$UNIT_FILE" ]]; then systemctl disable --quiet --now "$UNIT"; fi
  elif is_running; then
    # It leads a process group of its own: the loop and the server end together.
    kill -- "-$(cat "$PID_FILE")"
    for _ in {1..50}; do
      if ! is_running; then break; fi
      sleep 0.1
    done
    rm -f "$PID_FILE"
  fi
}

launch_service() { # what was written as a unit or a boot program
  if has_systemd; then
    systemctl daemon-reload
    systemctl enable --quiet "$UNIT"
    systemctl restart "$UNIT"
  else
    # A session of its own, or the end of this job would end it too.
    setsid "$BOOT_FILE" </dev/null >>"$CITRUS_APP_DIR/page.log" 2>&1 &
  fi
}

is_answering() { # url
  "$CITRUS_NODE" "$CITRUS_APP_DIR/check.mjs" "$1"
}
