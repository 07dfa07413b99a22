#!/bin/bash
# Says whether nginx runs and answers; exit code 0 is healthy.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[[ -e "$PORT_FILE" ]] || fail "$VALIDATION" 'nginx is not installed by this installer'
stage=$CONFIGURATION
systemctl is-active --quiet nginx || fail "$CONFIGURATION" 'the service nginx does not run'
port="$(cat "$PORT_FILE")"
is_answering "$port" || fail "$CONFIGURATION" "nginx does not answer on port $port"
printf 'nginx answers on port %s\n' "$port"
