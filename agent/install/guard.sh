#!/bin/sh
# Keeps the user data of a machine that a cloud made from everybody but root: no copy of it stays on the disk, and the
# cloud's metadata address answers root only. The token in it is used up, but what was once a secret is nobody's business.
#
#   guard.sh install    does both now and at every boot (cloud-init writes its copies anew at each)
#   guard.sh metadata   blocks the metadata address now
#   guard.sh scrub      removes the copies now
#   guard.sh remove     takes the block away
set -eu

PREFIX="${CITRUS_PREFIX:-}"
UNIT_DIR='/etc/systemd/system'
# Of DigitalOcean and most others; of those that have it over IPv6 too.
METADATA_V4='169.254.169.254'
METADATA_V6='fd00:ec2::254'
# Not port 53: some clouds resolve names at the same address. 4294967295 is no user.
EVERYBODY_ELSE='1-4294967294'
RULE_PREFERENCE=52

say() { printf 'citrus-agent: %s\n' "$*"; }

# The table comes and goes as a whole, so this may run again. Containers are not root of this machine.
block_with_nft() {
  nft -f - <<RULES
table inet citrus_guard
delete table inet citrus_guard
table inet citrus_guard {
  chain output {
    type filter hook output priority 0; policy accept;
    ip daddr $METADATA_V4 tcp dport != 53 meta skuid != 0 reject
    ip6 daddr $METADATA_V6 tcp dport != 53 meta skuid != 0 reject
  }
  chain forward {
    type filter hook forward priority 0; policy accept;
    ip daddr $METADATA_V4 tcp dport != 53 reject
    ip6 daddr $METADATA_V6 tcp dport != 53 reject
  }
}
RULES
}

each_iptables_rule() { # -C, -I or -D
  for one in "iptables $METADATA_V4" "ip6tables $METADATA_V6"; do
    tables="${one% *}" address="${one#* }"
    command -v "$tables" >/dev/null || continue
    "$tables" -w "$1" OUTPUT -d "$address" -p tcp ! --dport 53 -m owner ! --uid-owner 0 -j REJECT || return 1
    "$tables" -w "$1" FORWARD -d "$address" -p tcp ! --dport 53 -j REJECT || return 1
  done
}

block_with_iptables() { each_iptables_rule -C || each_iptables_rule -I; }

# Routing by user: needs no packet filter in the kernel, but containers are not covered.
block_with_routing() {
  for one in "-4 $METADATA_V4/32" "-6 $METADATA_V6/128"; do
    family="${one% *}" address="${one#* }"
    while ip "$family" rule del preference "$RULE_PREFERENCE" to "$address"; do :; done
    ip "$family" rule add preference "$RULE_PREFERENCE" to "$address" uidrange "$EVERYBODY_ELSE" prohibit || [ "$family" = -6 ] || return 1
  done
}

block_metadata() {
  if command -v nft >/dev/null && block_with_nft 2>/dev/null; then
    say 'the metadata address answers root only (nftables)'
  elif command -v iptables >/dev/null && block_with_iptables 2>/dev/null; then
    say 'the metadata address answers root only (iptables)'
  elif command -v ip >/dev/null && block_with_routing 2>/dev/null; then
    say 'the metadata address answers root only (routing rules)'
  else
    say 'WARNING: neither nftables nor iptables nor routing rules by user work here, so every program on this machine can read the metadata of the cloud'
  fi
}

unblock_metadata() {
  if command -v nft >/dev/null; then nft delete table inet citrus_guard 2>/dev/null || :; fi
  if command -v iptables >/dev/null; then each_iptables_rule -D 2>/dev/null || :; fi
  if command -v ip >/dev/null; then
    while ip -4 rule del preference "$RULE_PREFERENCE" to "$METADATA_V4/32" 2>/dev/null; do :; done
    while ip -6 rule del preference "$RULE_PREFERENCE" to "$METADATA_V6/128" 2>/dev/null; do :; done
  fi
}

# What cloud-init keeps, by its names, and whatever else there carries the first line of our user data. What tells
# cloud-init that this instance had its first boot (sem/) stays.
scrub() {
  for instance in "$PREFIX"/var/lib/cloud/instances/* "$PREFIX"/var/lib/cloud/instance; do
    [ -d "$instance" ] || continue
    for name in user-data user-data.txt user-data.txt.i vendor-data vendor-data.txt vendor-data.txt.i vendor-data2.txt vendor-data2.txt.i \
      cloud-config.txt vendor-cloud-config.txt vendor2-cloud-config.txt obj.pkl; do
      rm -f "$instance/$name"
    done
    rm -f "$instance"/scripts/part-*
  done
  rm -f "$PREFIX"/run/cloud-init/instance-data-sensitive.json "$PREFIX"/run/cloud-init/combined-cloud-config.json
  for folder in "$PREFIX"/var/lib/cloud "$PREFIX"/run/cloud-init; do
    [ -d "$folder" ] || continue
    grep -rlF '# Written by Citrus.' "$folder" 2>/dev/null | while IFS= read -r copy; do rm -f "$copy"; done
  done
}

# Before anything of this machine can use the network; after what empties the packet filter at the boot. Scrubbing is
# wanted by cloud-init itself: ordered after it and wanted by a target it could be a circle.
write_units() {
  cat >"$UNIT_DIR/citrus-metadata-guard.service" <<'UNIT'
[Unit]
Description=Citrus: the metadata of the cloud is for root only
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target sysinit.target shutdown.target
After=local-fs.target nftables.service netfilter-persistent.service ufw.service
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /opt/citrus-agent/guard.sh metadata

[Install]
WantedBy=sysinit.target
UNIT
  cat >"$UNIT_DIR/citrus-scrub-user-data.service" <<'UNIT'
[Unit]
Description=Citrus: no copy of the user data stays
After=cloud-final.service

[Service]
Type=oneshot
ExecStart=/bin/sh /opt/citrus-agent/guard.sh scrub

[Install]
WantedBy=cloud-final.service
UNIT
  systemctl daemon-reload
  systemctl enable --quiet citrus-metadata-guard.service citrus-scrub-user-data.service
  systemctl start citrus-metadata-guard.service
}

case "${1:-}" in
  install)
    scrub
    if [ -z "$PREFIX" ]; then
      write_units
      block_metadata
    fi
    ;;
  metadata) block_metadata ;;
  scrub) scrub ;;
  remove) if [ -z "$PREFIX" ]; then unblock_metadata; fi ;;
  *) say 'guard.sh install, metadata, scrub or remove'; exit 2 ;;
esac
