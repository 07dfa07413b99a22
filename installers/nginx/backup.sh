#!/bin/bash
# Writes the site and what this installer remembers into one file, CITRUS_BACKUP_FILE. nginx goes on meanwhile.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[[ -e "$PORT_FILE" ]] || fail "$VALIDATION" 'nginx is not installed by this installer, so there is nothing to back up'
progress 20 'Copying the site'
copy="$HOME/backup"
rm -rf "$copy"
mkdir "$copy"
cp -a "$SITE_FILE" "$copy/site.conf"
cp -a "$PORT_FILE" "$copy/"
for file in "$PACKAGES_FILE" "$PACKAGES_FILE.before"; do
  if [[ -e "$file" ]]; then cp -a "$file" "$copy/"; fi
done
if [[ -d "$WEB_ROOT" ]]; then cp -a "$WEB_ROOT" "$copy/web-root"; fi
dpkg-query --show --showformat='${Version}\n' nginx >"$copy/nginx-version"
progress 60 'Writing the backup'
tar --create --file "$CITRUS_BACKUP_FILE" --directory "$copy" --sort=name .
tar --list --file "$CITRUS_BACKUP_FILE"
progress 100 'The backup is written'
