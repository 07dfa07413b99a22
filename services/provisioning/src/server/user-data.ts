/**
 * What a droplet runs at its first boot: it fetches the agent's installer from the hub by its digest, checks it and
 * runs it. Until that has happened any process on the droplet can read this text, so the only secret in it opens one
 * enrolment, once, for a while; the installer removes the copies of it by the first line. Small enough for every cloud.
 */
export type FirstBoot = { readonly hubUrl: string; readonly installerDigest: string; readonly token: string; readonly tokenEndsAt: Date };

export const LONGEST_USER_DATA_BYTES = 16 * 1024;

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** @throws RangeError when it becomes longer than clouds take. */
export const userDataOf = ({ hubUrl, installerDigest, token, tokenEndsAt }: FirstBoot): string => {
  const script = `#!/bin/sh
# Written by Citrus. The token below opens one enrolment, once, until ${tokenEndsAt.toISOString()}.
set -eu
umask 077
export CITRUS_HUB_URL=${quoted(hubUrl.replace(/\/+$/, ''))}
export CITRUS_ENROLMENT_TOKEN_FILE="$(mktemp)"
digest=${quoted(installerDigest.replace(/^sha256:/, ''))}
installer="$(mktemp)"
trap 'rm -f "$installer" "$CITRUS_ENROLMENT_TOKEN_FILE"' EXIT
printf '%s\\n' ${quoted(token)} >"$CITRUS_ENROLMENT_TOKEN_FILE"

fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl --fail --silent --show-error --connect-timeout 10 --max-time 120 --output "$installer" "$1"
  else
    wget --quiet --timeout=60 --tries=1 --output-document="$installer" "$1"
  fi
}

# The hub may be away for a while, or the network not be up yet.
try=1
while [ "$try" -le 120 ]; do
  if fetch "$CITRUS_HUB_URL/api/artifacts/sha256:$digest" && echo "$digest  $installer" | sha256sum --check --quiet -; then
    sh "$installer" first-boot
    exit
  fi
  echo "citrus: try $try to fetch the agent's installer failed" >&2
  sleep 3
  try=$((try + 1))
done
echo "citrus: gave up fetching the agent's installer from $CITRUS_HUB_URL" >&2
exit 1
`;
  if (Buffer.byteLength(script) > LONGEST_USER_DATA_BYTES) throw new RangeError(`the user data is longer than ${LONGEST_USER_DATA_BYTES} bytes`);
  return script;
};
