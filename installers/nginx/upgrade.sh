#!/bin/bash
# Brings nginx to the newest version that the system offers. The site stays as it is.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[[ -e "$PORT_FILE" ]] || fail "$VALIDATION" 'nginx is not installed by this installer'
progress 10 'Updating the package lists'
apt update
progress 40 'Upgrading nginx'
apt install --only-upgrade --no-install-recommends nginx

stage=$CONFIGURATION
nginx -t
systemctl reload-or-restart nginx
wait_until_answering "$(cat "$PORT_FILE")" || fail "$CONFIGURATION" 'nginx does not answer after the upgrade'
progress 100 'nginx is up to date'
