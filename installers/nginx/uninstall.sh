#!/bin/bash
# Removes the site and, if this installer brought it, nginx with everything that came along.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

progress 10 'Removing the site'
rm -f "$SITE_LINK" "$SITE_FILE" "$SITE_FILE.new"
rm -rf "$WEB_ROOT"

# An installation that failed in the middle left no list yet, only what was here before.
if [[ ! -e "$PACKAGES_FILE" && -e "$PACKAGES_FILE.before" ]]; then
  remember_packages
fi

if [[ -s "$PACKAGES_FILE" ]]; then
  progress 30 'Removing nginx'
  mapfile -t packages <"$PACKAGES_FILE"
  apt purge "${packages[@]}"
  rm -rf /etc/nginx /var/log/nginx /var/lib/nginx
  rm -f /var/www/html/index.nginx-debian.html
  if [[ -d /var/www/html ]]; then rmdir --ignore-fail-on-non-empty /var/www/html /var/www; fi
elif systemctl is-active --quiet nginx; then
  stage=$CONFIGURATION
  nginx -t
  systemctl reload nginx
fi

rm -rf "$CITRUS_APP_DIR"
progress 100 'nginx is removed'
