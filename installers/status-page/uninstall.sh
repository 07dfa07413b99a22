#!/bin/bash
# Stops the page and removes everything that belonged to it.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

progress 20 'Stopping the page'
stop_service
progress 60 'Removing its files'
if has_systemd; then
  rm -f "$UNIT_FILE" "$UNIT_FILE.new"
  systemctl daemon-reload
  systemctl reset-failed "$UNIT" 2>/dev/null || true
else
  rm -f "$BOOT_FILE" "$BOOT_FILE.new"
fi
rm -rf "$CITRUS_APP_DIR"
progress 100 'The page is removed'
