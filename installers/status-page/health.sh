#!/bin/bash
# Says whether the page answers; exit code 0 is healthy.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[[ -e "$URL_FILE" ]] || fail "$VALIDATION" 'the page is not installed'
stage=$CONFIGURATION
is_answering "$(cat "$URL_FILE")" || fail "$CONFIGURATION" "the page does not answer at $(cat "$URL_FILE")"
printf 'the page answers at %s\n' "$(cat "$URL_FILE")"
