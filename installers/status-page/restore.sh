#!/bin/bash
# Brings the page back to what CITRUS_BACKUP_FILE holds, also when it was removed since. With CITRUS_RESTORE_CHECK it only
# finds out whether that could be done.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

copy="$HOME/restore"

unpack() {
  rm -rf "$copy"
  mkdir "$copy"
  tar --extract --file "$CITRUS_BACKUP_FILE" --directory "$copy" --no-same-owner
  for file in serve.mjs check.mjs url service settings.json; do
    [[ -s "$copy/$file" ]] || fail "$VALIDATION" "the backup is not whole: it has no $file"
  done
}

put_back() {
  stage=$INSTALLATION
  mkdir -p "$CITRUS_APP_DIR"
  chmod 0755 "$CITRUS_APP_DIR"
  install -m 0600 "$copy/settings.json" "$SETTINGS_FILE.new"
  mv "$SETTINGS_FILE.new" "$SETTINGS_FILE"
  install -m 0644 "$copy/serve.mjs" "$copy/check.mjs" "$copy/url" "$CITRUS_APP_DIR/"
  if has_systemd; then
    install -m 0644 "$copy/service" "$UNIT_FILE.new"
    mv "$UNIT_FILE.new" "$UNIT_FILE"
  else
    mkdir -p "$(dirname "$BOOT_FILE")"
    install -m 0700 "$copy/service" "$BOOT_FILE.new"
    mv "$BOOT_FILE.new" "$BOOT_FILE"
  fi
}

progress 10 'Reading the backup'
stage=$VALIDATION
unpack
if [[ "${CITRUS_RESTORE_CHECK:-}" == true ]]; then
  progress 100 'The backup can be restored'
  exit 0
fi
progress 40 'Stopping the page'
stop_service
progress 50 'Putting back its files'
put_back
progress 70 'Starting the page'
stage=$CONFIGURATION
launch_service
is_answering "$(cat "$URL_FILE")" || fail "$CONFIGURATION" "the page was restored but does not answer at $(cat "$URL_FILE")"
progress 100 "The page answers at $(cat "$URL_FILE") again"
