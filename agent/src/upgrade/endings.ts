/** How upgrades ended, on disk until agent-mgmt has taken it, and for a while after: an upgrade happens at most once. */
import { AgentUpgradeOutcome, Instant } from '@citrus/contracts';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writeDurably } from '../files.ts';

const UpgradeEnding = z.object({ upgradeId: z.uuid(), outcome: AgentUpgradeOutcome, code: z.string().optional(), reason: z.string().optional(), at: Instant, isTold: z.boolean() });
export type UpgradeEnding = z.infer<typeof UpgradeEnding>;

const KEPT = 50;

/** What another version wrote and this one cannot read is no reason not to start. */
const read = (file: string): UpgradeEnding[] => {
  try {
    return z.array(UpgradeEnding).parse(JSON.parse(readIfThere(file) ?? '[]'));
  } catch {
    return [];
  }
};

export const openEndings = (stateDir: string) => {
  const file = join(stateDir, 'upgrades.json');
  let endings = read(file);
  const put = (ending: UpgradeEnding): void => {
    endings = [...endings.filter(({ upgradeId }) => upgradeId !== ending.upgradeId), ending].slice(-KEPT);
    writeDurably(file, JSON.stringify(endings));
  };
  const find = (upgradeId: string) => endings.find((ending) => ending.upgradeId === upgradeId);
  const mark = (upgradeId: string, isTold: boolean): void => {
    const ending = find(upgradeId);
    if (ending && ending.isTold !== isTold) put({ ...ending, isTold });
  };
  return { find, put, mark, untold: () => endings.filter(({ isTold }) => !isTold) };
};
export type Endings = ReturnType<typeof openEndings>;
