#!/bin/sh
# Starts the Citrus agent: `launch.sh <config.json>`. Versions lie side by side in versions/, `current` points at the one
# that is known to work. A new one is on trial while the file `trial` names it: it is counted before it is started, and
# unless it gets its hello answered in time, or if it ends again and again, the one before is started instead. Nothing
# here trusts the new program, and an upgrade never changes this file (docs/adr/0033).
set -u

HERE="$(cd "$(dirname "$0")" && pwd -P)"
CONFIG="$1"
MOST_STARTS=3
# For a small machine (docs/adr/0032).
FLAGS='--max-old-space-size=96 --max-semi-space-size=1 --optimize-for-size --no-maglev --no-sparkplug'
told=no

durably() { # file: takes the place of its name without .part, also when the power goes
  sync "$1" 2>/dev/null || sync
  mv -f "$1" "${1%.part}"
  sync "$HERE" 2>/dev/null || sync
}

run_current() {
  folder="$HERE/$(readlink "$HERE/current")"
  exec "$folder/node" $FLAGS "$folder/agent.mjs" "$CONFIG"
}

write_trial() { # starts
  printf '%s %s %s %s %s\n' "$id" "$upgrade" "$within" "$settle" "$1" >"$HERE/trial.part"
  durably "$HERE/trial.part"
}

revert() { # reason
  printf '%s %s\n%s\n' "$id" "$upgrade" "$1" >"$HERE/reverted.part"
  durably "$HERE/reverted.part"
  rm -f "$HERE/trial" "$HERE/confirmed"
  run_current
}

is_number() { case "$1" in '' | *[!0-9]* | ????????*) return 1 ;; esac; }
is_name() { case "$1" in '' | *[!0-9a-f-]*) return 1 ;; esac; }

read_trial() { # false if there is none that can be understood
  [ -f "$HERE/trial" ] || return 1
  id='' upgrade='' within='' settle='' starts=''
  read -r id upgrade within settle starts <"$HERE/trial" || return 1
  is_name "$id" && is_name "$upgrade" && is_number "$within" && is_number "$settle" && is_number "$starts"
}

# The power went after the verdict and before it was carried out.
is_reverted() { [ -f "$HERE/reverted" ] && [ "$(head -n 1 "$HERE/reverted")" = "$id $upgrade" ]; }
is_confirmed() { [ -f "$HERE/confirmed" ] && [ "$(cat "$HERE/confirmed")" = "$id" ]; }
is_alive() { kill -0 "$child" 2>/dev/null; }

end_child() {
  kill -TERM "$child" 2>/dev/null
  second=0
  while is_alive && [ "$second" -lt 10 ]; do
    sleep 1
    second=$((second + 1))
  done
  kill -KILL "$child" 2>/dev/null
  wait "$child" 2>/dev/null
}

await_hello() { # true once it is confirmed or has ended
  second=0
  while [ "$second" -lt "$within" ]; do
    if is_confirmed || ! is_alive; then return 0; fi
    sleep 1
    second=$((second + 1))
  done
  is_confirmed
}

# Controllers are shared out only below a group without processes of its own, and this shell stays while its agent runs
# (agent/src/cgroup.ts): both go one group further down. Where that cannot be, scripts have no limits of their own.
make_way() {
  place="$(sed -n 's/^0:://p' /proc/self/cgroup 2>/dev/null)"
  case "$place" in */citrus-agent.service) ;; *) return 0 ;; esac
  if mkdir -p "/sys/fs/cgroup$place/citrus-agent" 2>/dev/null; then
    sh -c 'echo "$1" >"$2"' sh "$$" "/sys/fs/cgroup$place/citrus-agent/cgroup.procs" 2>/dev/null
  fi
  return 0
}

run_trial() {
  folder="$HERE/versions/$id"
  [ -f "$folder/agent.mjs" ] && [ -x "$folder/node" ] || revert 'the files of the new version are not there'
  [ "$starts" -lt "$MOST_STARTS" ] || revert "the new version ended by itself each of the $starts times it was started"
  write_trial "$((starts + 1))"
  rm -f "$HERE/confirmed"
  make_way
  trap 'told=yes; kill -TERM "$child" 2>/dev/null' TERM INT HUP
  "$folder/node" $FLAGS "$folder/agent.mjs" "$CONFIG" &
  child=$!
  if ! await_hello && [ "$told" = no ]; then
    end_child
    trap - TERM INT HUP
    revert "the new version got no answer from the control plane within $within seconds"
  fi
  # A signal ends the wait, not the child.
  code=0
  while wait "$child" 2>/dev/null; code=$?; is_alive; do :; done
  # To be told to stop is no failure of the new version.
  if [ "$told" = yes ] && [ -f "$HERE/trial" ]; then write_trial "$starts"; fi
  exit "$code"
}

if read_trial && [ "$(readlink "$HERE/current")" != "versions/$id" ]; then
  if is_reverted; then
    rm -f "$HERE/trial" "$HERE/confirmed"
    run_current
  fi
  run_trial
fi
run_current
