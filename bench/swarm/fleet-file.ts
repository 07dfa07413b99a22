/** The identities of a fleet, one JSON line an agent, so that a swarm that starts again is the same fleet and not twice as many. */
import { readFileSync } from 'node:fs';
import { EnrolledAgent } from '@citrus/agent/embedding';

/** @throws Error that names the line; a fleet with a hole would be measured as one that does not answer */
export const readFleet = (file: string, { from, count }: { readonly from: number; readonly count: number }): EnrolledAgent[] => {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(from, from + count);
  return lines.map((line, index) => {
    try {
      return EnrolledAgent.parse(JSON.parse(line));
    } catch (cause) {
      throw new Error(`${file}: line ${from + index + 1} is no identity of an agent`, { cause });
    }
  });
};
