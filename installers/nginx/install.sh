#!/bin/bash
# Installs nginx and the one site of this installer. Run again, it brings everything to the state that the inputs ask for.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

validate() {
  stage=$VALIDATION
  [[ "$(id -u)" == 0 ]] || fail "$VALIDATION" 'nginx can only be installed as root'
  command -v apt-get >/dev/null || fail "$VALIDATION" 'this installer needs apt-get (Debian or Ubuntu)'
  [[ "$MODE" == page || "$UPSTREAM_HOST" != 127.0.0.1 || "$UPSTREAM_PORT" != "$LISTEN_PORT" ]] || fail "$VALIDATION" 'nginx cannot listen on the port of the program behind it'
  # nginx itself may listen there already, for this site or for another one.
  if is_taken "$LISTEN_PORT" && ! (get_page "$LISTEN_PORT" 2>/dev/null | grep -qi '^server: nginx'); then
    fail "$VALIDATION" "another program already listens on port $LISTEN_PORT"
  fi
}

install_packages() {
  stage=$INSTALLATION
  if ! dpkg-query --show --showformat='${db:Status-Abbrev}' nginx 2>/dev/null | grep -q '^ii'; then
    # Kept before the first change, so that a run that is killed in the middle still knows what was here before it.
    if [[ ! -e "$PACKAGES_FILE.before" ]]; then
      installed_packages >"$PACKAGES_FILE.new"
      mv "$PACKAGES_FILE.new" "$PACKAGES_FILE.before"
    fi
    apt update
    progress 30 'Installing nginx'
    apt install --no-install-recommends nginx
  fi
  if [[ -e "$PACKAGES_FILE.before" && ! -e "$PACKAGES_FILE" ]]; then
    # It is our nginx, so the package's example page goes; an nginx that was here before keeps all its sites.
    rm -f "$PACKAGE_SITE"
    remember_packages
  fi
}

escape_html() { printf '%s' "$1" | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' -e 's/"/\&quot;/g'; }

write_page() {
  local title text
  title="$(escape_html "$PAGE_TITLE")"
  text="$(escape_html "${PAGE_TEXT:-}")"
  mkdir -p "$WEB_ROOT"
  cat >"$WEB_ROOT/index.html.new" <<HTML
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1rem; white-space: pre-line }</style>
<h1>$title</h1>
<p>$text</p>
</html>
HTML
  mv "$WEB_ROOT/index.html.new" "$WEB_ROOT/index.html"
}

# An IPv6 address stands in brackets in front of a port.
bracketed() { if [[ "$1" == *:* ]]; then printf '[%s]' "$1"; else printf '%s' "$1"; fi; }

location_block() {
  if [[ "$MODE" == proxy ]]; then
    cat <<NGINX
  location / {
    proxy_pass http://$(bracketed "$UPSTREAM_HOST"):$UPSTREAM_PORT;
    proxy_http_version 1.1;
    proxy_set_header Host \$host;
    proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto \$scheme;
    proxy_set_header Upgrade \$http_upgrade;
    proxy_set_header Connection \$connection_upgrade_of_citrus;
  }
NGINX
  else
    printf '  root %s;\n  index index.html;\n' "$WEB_ROOT"
  fi
}

write_site() {
  local listen_v6=''
  if [[ -e /proc/net/if_inet6 ]]; then listen_v6="  listen [::]:$LISTEN_PORT;"; fi
  cat >"$SITE_FILE.new" <<NGINX
map \$http_upgrade \$connection_upgrade_of_citrus {
  default upgrade;
  '' close;
}
server {
  listen $LISTEN_PORT;
$listen_v6
  server_name $SERVER_NAME;
$(location_block)
}
NGINX
  mv "$SITE_FILE.new" "$SITE_FILE"
  ln -sfn "$SITE_FILE" "$SITE_LINK"
}

configure() {
  stage=$CONFIGURATION
  if [[ "$MODE" == page ]]; then write_page; fi
  write_site
  nginx -t
  systemctl enable --quiet nginx
  systemctl reload-or-restart nginx
  if ! wait_until_answering "$LISTEN_PORT"; then
    systemctl status --no-pager --lines=20 nginx || true
    fail "$CONFIGURATION" "nginx was configured but does not answer on port $LISTEN_PORT"
  fi
  printf '%s\n' "$LISTEN_PORT" >"$PORT_FILE"
}

progress 5 'Checking'
validate
progress 10 'Updating the package lists'
install_packages
progress 80 'Configuring'
configure
printf '::output URL http://%s:%s/\n' "$(bracketed "$SERVER_ADDRESS")" "$LISTEN_PORT"
progress 100 "nginx answers on port $LISTEN_PORT"
