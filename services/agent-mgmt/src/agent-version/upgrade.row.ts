/** The last upgrade of an agent, as its row has it. */
import type { AgentUpgradeStatus, UpgradeWave } from '@citrus/contracts';
import type { UpgradeEvent } from './upgrade.state.ts';

export type FoldedUpgrade = Omit<AgentUpgradeStatus, 'waveId'> & { readonly deadline: string | null; readonly wave: UpgradeWave };

export const showUpgrade = (before: FoldedUpgrade | null, { type, data }: UpgradeEvent): FoldedUpgrade | null => {
  const { at } = data;
  if (type === 'AgentUpgradeRequested') return { upgradeId: data.upgradeId, status: 'waiting', version: data.build.version, code: null, reason: null, isReverted: false, at, deadline: null, wave: data.wave };
  if (!before) return null;
  switch (type) {
    case 'AgentUpgradeBegun': return { ...before, status: 'begun', deadline: data.deadline, at };
    case 'AgentUpgraded': return { ...before, status: 'upgraded', at };
    case 'AgentUpgradeFailed': return { ...before, status: 'failed', code: data.code, reason: data.reason, isReverted: data.isReverted, at };
  }
};

export const upgradeStatusOf = (upgrade: FoldedUpgrade | null): AgentUpgradeStatus | null => {
  if (!upgrade) return null;
  const { deadline: _, wave, ...status } = upgrade;
  return { ...status, waveId: wave.waveId };
};
