#!/bin/bash
# Brings the site back to what CITRUS_BACKUP_FILE holds; installs nginx again where it was removed since. With
# CITRUS_RESTORE_CHECK it only finds out whether that could be done.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

copy="$HOME/restore"

unpack() {
  rm -rf "$copy"
  mkdir "$copy"
  tar --extract --file "$CITRUS_BACKUP_FILE" --directory "$copy" --no-same-owner
  for file in site.conf listen-port nginx-version; do
    [[ -s "$copy/$file" ]] || fail "$VALIDATION" "the backup is not whole: it has no $file"
  done
}

# Systems offer one version only, so the package does not go back; the site does.
bring_nginx() {
  local installed
  stage=$INSTALLATION
  mkdir -p "$CITRUS_APP_DIR"
  for file in packages packages.before; do
    if [[ -e "$copy/$file" ]]; then cp "$copy/$file" "$CITRUS_APP_DIR/$file"; fi
  done
  if ! dpkg-query --show --showformat='${db:Status-Abbrev}' nginx 2>/dev/null | grep -q '^ii'; then
    apt update
    apt install --no-install-recommends nginx
    if [[ -e "$PACKAGES_FILE" ]]; then rm -f "$PACKAGE_SITE"; fi
  fi
  installed="$(dpkg-query --show --showformat='${Version}\n' nginx)"
  if [[ "$installed" != "$(cat "$copy/nginx-version")" ]]; then
    printf 'nginx stays at version %s; the backup was made with %s\n' "$installed" "$(cat "$copy/nginx-version")"
  fi
}

put_back() {
  cp "$copy/site.conf" "$SITE_FILE.new"
  mv "$SITE_FILE.new" "$SITE_FILE"
  ln -sfn "$SITE_FILE" "$SITE_LINK"
  rm -rf "$WEB_ROOT.new" "$WEB_ROOT"
  if [[ -d "$copy/web-root" ]]; then
    mkdir -p "$(dirname "$WEB_ROOT")"
    cp -a "$copy/web-root" "$WEB_ROOT.new"
    mv "$WEB_ROOT.new" "$WEB_ROOT"
  fi
}

progress 10 'Reading the backup'
stage=$VALIDATION
unpack
if [[ "${CITRUS_RESTORE_CHECK:-}" == true ]]; then
  progress 100 'The backup can be restored'
  exit 0
fi
[[ "$(id -u)" == 0 ]] || fail "$VALIDATION" 'nginx can only be restored as root'
progress 20 'Looking for nginx'
bring_nginx
progress 70 'Putting back the site'
put_back
stage=$CONFIGURATION
nginx -t
systemctl enable --quiet nginx
systemctl reload-or-restart nginx
port="$(cat "$copy/listen-port")"
wait_until_answering "$port" || fail "$CONFIGURATION" "nginx was restored but does not answer on port $port"
cp "$copy/listen-port" "$PORT_FILE.new"
mv "$PORT_FILE.new" "$PORT_FILE"
progress 100 "nginx answers on port $port again"
