#!/bin/bash
# Writes everything that the page needs into one file, CITRUS_BACKUP_FILE. The page goes on meanwhile.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[[ -e "$URL_FILE" ]] || fail "$VALIDATION" 'the page is not installed, so there is nothing to back up'
progress 20 'Copying the page'
copy="$HOME/backup"
rm -rf "$copy"
mkdir "$copy"
cp -a "$SETTINGS_FILE" "$CITRUS_APP_DIR/serve.mjs" "$CITRUS_APP_DIR/check.mjs" "$URL_FILE" "$copy/"
if has_systemd; then cp -a "$UNIT_FILE" "$copy/service"; else cp -a "$BOOT_FILE" "$copy/service"; fi
progress 60 'Writing the backup'
tar --create --file "$CITRUS_BACKUP_FILE" --directory "$copy" --sort=name .
tar --list --file "$CITRUS_BACKUP_FILE"
progress 100 'The backup is written'
