#!/bin/bash
# Says whether the site answers; exit code 0 is healthy.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[[ -e "$URL_FILE" ]] || fail "$VALIDATION" 'the site is not installed'
stage=$CONFIGURATION
is_answering "$(cat "$URL_FILE")" || fail "$CONFIGURATION" "the site does not answer at $(cat "$URL_FILE")"
printf 'the site answers at %s\n' "$(cat "$URL_FILE")"
