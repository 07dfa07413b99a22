# shellcheck shell=bash
# shellcheck disable=SC2034 # the scripts that source this use what is set here
# What the scripts of this installer share. `stage` is what a failure from here on means: the exit code.

set -Eeuo pipefail

readonly VALIDATION=1 INSTALLATION=2 CONFIGURATION=3
readonly SITE_FILE=/etc/nginx/sites-available/citrus-nginx.conf
readonly SITE_LINK=/etc/nginx/sites-enabled/citrus-nginx.conf
readonly PACKAGE_SITE=/etc/nginx/sites-enabled/default
readonly WEB_ROOT=/var/www/citrus-nginx
# What this installer remembers about its work.
readonly PACKAGES_FILE="$CITRUS_APP_DIR/packages"
readonly PORT_FILE="$CITRUS_APP_DIR/listen-port"

stage=$INSTALLATION
trap 'exit "$stage"' ERR

progress() { printf '::progress %s %s\n' "$1" "$2"; }
fail() { # code message
  printf '%s\n' "$2" >&2
  exit "$1"
}

# Another program may hold one of apt's locks (the first boot of a machine, unattended upgrades): waits up to five
# minutes. A job that was cancelled in the middle of dpkg's work left it half done: finishes that first.
apt() {
  local try
  for ((try = 1; try <= 30; try++)); do
    if apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --quiet --yes "$@" 2>&1 | tee "$HOME/apt.out"; then return 0; fi
    if grep -q 'dpkg was interrupted' "$HOME/apt.out"; then
      printf 'finishing what dpkg was doing when it was interrupted\n'
      dpkg --force-confdef --force-confold --configure -a
    elif grep -q 'Could not get lock\|Unable to lock\|dpkg frontend lock' "$HOME/apt.out"; then
      printf 'waiting for another package manager to finish (%s of 30)\n' "$try"
      sleep 10
    else
      return 1
    fi
  done
  return 1
}

installed_packages() { dpkg-query --show --showformat='${db:Status-Abbrev} ${Package}\n' | awk '$1 == "ii" { print $2 }' | sort; }

# Which packages came with this installer.
remember_packages() {
  installed_packages | comm -13 "$PACKAGES_FILE.before" - >"$PACKAGES_FILE.new"
  mv "$PACKAGES_FILE.new" "$PACKAGES_FILE"
}

# GET / on this machine by bash itself, so that no other program is needed.
get_page() { # port
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
  timeout 10 cat <&3
  exec 3>&-
}

is_taken() { grep -qi ":$(printf '%04X' "$1") [0-9A-F]*:0000 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null; } # port: somebody listens
is_answering() { (get_page "$1") 2>/dev/null | grep -q '^HTTP/1'; }

wait_until_answering() { # port
  local try
  for ((try = 0; try < 50; try++)); do
    if is_answering "$1"; then return 0; fi
    sleep 0.2
  done
  return 1
}
