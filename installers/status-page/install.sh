#!/bin/bash
# Writes what to watch and (re)starts the page. Run again, it does what the inputs ask for.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")"

validate() {
  stage=$VALIDATION
  has_systemd || [[ -n "${CITRUS_PREFIX:-}" ]] || fail "$VALIDATION" 'this needs systemd and root, or a private prefix'
  [[ "$SERVER_ADDRESS" =~ ^[0-9A-Fa-f.:]+$ ]] || fail "$VALIDATION" "the address of this server is not an IP address: $SERVER_ADDRESS"
  # Ours keeps its port while it is replaced.
  if [[ "$(cat "$URL_FILE" 2>/dev/null)" != "$(url)" ]]; then
    "$CITRUS_NODE" check-port.mjs "$SERVER_ADDRESS" "$PAGE_PORT" || fail "$VALIDATION" "cannot listen on $SERVER_ADDRESS port $PAGE_PORT; choose another port"
  fi
}

url() {
  if [[ "$SERVER_ADDRESS" == *:* ]]; then printf 'http://[%s]:%s/' "$SERVER_ADDRESS" "$PAGE_PORT"; else printf 'http://%s:%s/' "$SERVER_ADDRESS" "$PAGE_PORT"; fi
}

write_page() {
  stage=$INSTALLATION
  mkdir -p "$CITRUS_APP_DIR"
  chmod 0755 "$CITRUS_APP_DIR"
  install -m 0644 serve.mjs check.mjs "$CITRUS_APP_DIR/"
  "$CITRUS_NODE" settings.mjs "$SETTINGS_FILE"
}

write_unit() {
  cat >"$UNIT_FILE.new" <<UNIT
[Unit]
Description=Status page installed by Citrus
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
# Its settings hold the hash of a password, which is for root and this unit only.
LoadCredential=settings:$SETTINGS_FILE
ExecStart=$CITRUS_NODE $CITRUS_APP_DIR/serve.mjs \${CREDENTIALS_DIRECTORY}/settings $SERVER_ADDRESS $PAGE_PORT
Restart=always
RestartSec=2
DynamicUser=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
LockPersonality=yes

[Install]
WantedBy=multi-user.target
UNIT
  mv "$UNIT_FILE.new" "$UNIT_FILE"
}

write_boot_program() {
  local quoted
  printf -v quoted 'cd %q\nserve=(%q %q %q %q %q)\n' "$CITRUS_APP_DIR" "$CITRUS_NODE" "$CITRUS_APP_DIR/serve.mjs" "$SETTINGS_FILE" "$SERVER_ADDRESS" "$PAGE_PORT"
  mkdir -p "$(dirname "$BOOT_FILE")"
  cat >"$BOOT_FILE.new" <<BOOT
#!/bin/bash
# Keeps the status page running; run at every boot. A second one finds the lock taken and leaves.
$quoted
BOOT
  cat >>"$BOOT_FILE.new" <<'BOOT'
exec 9>lock
flock --nonblock 9 || exit 0
echo $$ >pid
while true; do
  "${serve[@]}" 9>&-
  sleep 2 9>&-
done
BOOT
  chmod 0700 "$BOOT_FILE.new"
  mv "$BOOT_FILE.new" "$BOOT_FILE"
}

start_service() {
  stage=$CONFIGURATION
  if has_systemd; then write_unit; else write_boot_program; fi
  launch_service
  if ! is_answering "$(url)"; then
    if has_systemd; then systemctl status --no-pager --lines=20 "$UNIT" || true; else tail -n 20 "$CITRUS_APP_DIR/page.log"; fi
    fail "$CONFIGURATION" "the page was started but does not answer at $(url)"
  fi
  url >"$URL_FILE"
}

progress 10 'Checking'
validate
progress 30 'Writing what to watch'
write_page
progress 60 'Starting the page'
stop_service
start_service
printf '::output URL %s\n' "$(url)"
progress 100 "The page answers at $(url)"
