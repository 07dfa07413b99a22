/** An installer that is as careless with its secrets as one can be, and secrets that can be recognised however they are printed. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Random, so that a hit is no chance; letters and digits only, so that no encoder changes it. */
const newMark = (): string => randomBytes(15).toString('hex').replaceAll(/[0-9]/g, (digit) => 'ghijklmnop'[Number(digit)] ?? '');

export type Marked = { readonly value: string; readonly marks: readonly string[] };
const marked = (form: (...marks: string[]) => string, count = 1): Marked => {
  const marks = Array.from({ length: count }, newMark);
  return { value: form(...marks), marks };
};

/** One for every kind of input that can be sensitive. */
export const newSecrets = () => ({
  simple: marked((mark) => mark),
  quoted: marked((one, other) => `${one}'s "quotes" \`and\` $(more) \\ ${other} ! & <b>`, 2),
  unicode: marked((mark) => `пароль😀 ${mark} é`),
  spaced: marked((one, other) => `  ${one}   ${other}  `, 2),
  url: marked((one, other) => `https://user:${one}@db.example.org/?key=${other}&x=%20+`, 2),
  pem: marked((...marks) => `-----BEGIN PRIVATE KEY-----\n${marks.map((mark) => `${mark}${mark}/+`).join('\n')}\nab\n-----END PRIVATE KEY-----\n`, 12),
  pin: { value: '8364017264519', marks: ['8364017264519'] },
});
export type SecretsOf = ReturnType<typeof newSecrets>;

/** Half a mark is as bad as a whole one: what an encoder makes of every half, wherever it begins. */
export const needlesOf = (marks: readonly string[]): string[] =>
  marks.flatMap((mark) => [mark.slice(0, mark.length / 2), mark.slice(mark.length / 2)]).flatMap((half) => {
    const hex = Buffer.from(half).toString('hex');
    const base64 = [0, 1, 2].map((offset) => Buffer.concat([Buffer.alloc(offset), Buffer.from(half)]).toString('base64').slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + half.length) * 8) / 6)));
    return [half, half.toUpperCase(), hex, hex.toUpperCase(), ...base64];
  });

const MANIFEST = (id: string, timeoutSeconds: number): string => `id: ${id}
name: Careless
version: 1.0.0
description: Prints its secrets in every way.
category: test
author: Citrus
os_requirements: { families: [any] }
portable: true
timeout_seconds: ${timeoutSeconds}
inputs:
  - { id: note, type: string, label: Note, required: true }
  - { id: ending, type: select, label: How it ends, required: true, validation: { allowed_values: [well, badly, never] } }
  - { id: simple, type: password, label: Simple, required: true }
  - { id: quoted, type: password, label: Quoted, required: true }
  - { id: unicode, type: string, label: Unicode, required: true, sensitive: true }
  - { id: spaced, type: string, label: Spaced, required: true, sensitive: true }
  - { id: url, type: string, label: Address, required: true, sensitive: true }
  - { id: pem, type: string, label: Key, required: true, sensitive: true }
  - { id: pin, type: integer, label: PIN, required: true, sensitive: true }
`;

const SCRIPT = String.raw`#!/bin/bash
set -euo pipefail
echo "the note is $NOTE"
NAMES="SIMPLE QUOTED UNICODE SPACED URL PEM PIN"
for name in $NAMES; do
  export VALUE="${"$"}{!name}"
  echo "raw: $VALUE"
  echo "to stderr: $VALUE" >&2
  printf 'in pieces: %s' "${"$"}{VALUE:0:9}"; sleep 0.12; printf '%s\n' "${"$"}{VALUE:9}"
  printf 'unquoted: '; (set -f; echo $VALUE)
  printf 'base64: '; echo "$VALUE" | base64
  printf 'in the middle of base64: '; printf 'xy%s and more' "$VALUE" | base64 -w0; echo
  printf 'hex: '; printf %s "$VALUE" | od -An -v -tx1 -w65536
  printf 'quoted by the shell: %q %s\n' "$VALUE" "${"$"}{VALUE@Q}"
  echo "upper: ${"$"}{VALUE^^}"
  "$CITRUS_NODE" -e 'const v = process.env.VALUE; console.log(JSON.stringify({ v }), encodeURIComponent(v), encodeURI(v), new URLSearchParams({ v }).toString(), Buffer.from(v).toString("hex"), Buffer.from(v).toString("base64url")); console.error(new Error(v).stack)'
  (set -x; : "$VALUE"; [ "$VALUE" = "-$VALUE" ] || true)
  printf '%s' "$VALUE" | while IFS= read -r line || [ -n "$line" ]; do echo "  | $line"; done
  printf '%s\n' "$VALUE" > "$HOME/secret-$name.txt"; cat "$HOME/secret-$name.txt"
  echo "::progress 50 working with $VALUE"
done
echo "everything is said: $NOTE"
case "$ENDING" in
  well) exit 0 ;;
  badly) echo "cannot go on with $QUOTED" >&2; exit 3 ;;
  never) while :; do echo "still $SIMPLE"; sleep 0.2; done ;;
esac
`;

/** A folder of installers with the careless one, and the same with little time. */
export const writeInstallers = (folder: string): void => {
  for (const [id, timeoutSeconds] of [['careless', 120], ['hurried', 45]] as const) {
    mkdirSync(join(folder, id), { recursive: true });
    writeFileSync(join(folder, id, 'manifest.yml'), MANIFEST(id, timeoutSeconds));
    writeFileSync(join(folder, id, 'install.sh'), SCRIPT, { mode: 0o755 });
  }
};
