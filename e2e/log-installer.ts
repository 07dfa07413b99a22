/** An installer that prints as much and as slowly as it is told. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MANIFEST = `id: printer
name: Printer
version: 1.0.0
description: Prints lines.
category: test
author: Citrus
os_requirements: { families: [any] }
portable: true
idempotent: true
timeout_seconds: 300
inputs:
  - { id: lines, type: integer, label: Lines, default: 100 }
  - { id: slowly, type: boolean, label: Slowly, default: false }
  - { id: ending, type: integer, label: Exit code, default: 0 }
  - { id: key_word, type: password, label: Key word }
`;

/** Slowly: in halves of lines, with colours, progress, letters of several bytes and pauses, so that pieces end anywhere. */
const SCRIPT = String.raw`#!/bin/bash
set -euo pipefail
if [ "$SLOWLY" != true ]; then
  seq -f 'line %.0f of a long log, as long as lines are' 1 "$LINES"
else
  for n in $(seq 1 "$LINES"); do
    printf 'line %s ' "$n"
    case $((n % 10)) in
      0) sleep 0.06 ;;
      3) printf '\033[3%sm' $((n % 8)); sleep 0.03; printf 'ünï🍊\033[0m' ;;
      5) printf '\n\n\n' ;;
    esac
    printf 'is told\n'
    if [ $((n % 40)) = 0 ]; then echo "::progress $((n * 100 / LINES)) Step $((n / 40))"; fi
  done
fi
echo "the environment: $(env | cut -d= -f1 | sort | tr '\n' ' ')"
exit "$ENDING"
`;

export const writePrinter = (folder: string): void => {
  mkdirSync(join(folder, 'printer'), { recursive: true });
  writeFileSync(join(folder, 'printer/manifest.yml'), MANIFEST);
  writeFileSync(join(folder, 'printer/install.sh'), SCRIPT);
};
