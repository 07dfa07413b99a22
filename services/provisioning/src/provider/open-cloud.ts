/** The cloud that the operator has set up for all projects, from the settings. */
import { readFileSync } from 'node:fs';
import { StartRefused } from '@citrus/kit-service';
import type { ProvisioningConfig } from '../config.ts';
import type { CloudWatch } from '../fleet-view/watch-clouds.ts';
import type { OpenCloud } from './clouds.ts';
import { createAccountOpener, PUBLIC_URLS, type AccountOpener, type OpenAccount } from './open-account.ts';

const readToken = (file: string): string => {
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (/^[\x21-\x7e]+$/.test(token)) return token;
  } catch (cause) {
    throw new StartRefused(`CITRUS_CLOUD_TOKEN_FILE: ${file} cannot be read. Write the cloud's API token into it.`, { cause });
  }
  throw new StartRefused(`CITRUS_CLOUD_TOKEN_FILE: ${file} holds no API token.`);
};

export type InstallationCloud = OpenCloud & Pick<OpenAccount, 'offers'>;

/** Every account spends its token's budget, and is asked once for many. */
export const openAccounts = (config: ProvisioningConfig, { budgetFor, watch }: CloudWatch): AccountOpener => {
  const open = createAccountOpener({ createTimeoutMs: config.CITRUS_CLOUD_CREATE_TIMEOUT_MS, budgetOf: budgetFor });
  return (account) => {
    const opened = open(account);
    return { ...opened, cloud: watch(opened.cloud, budgetFor(account.baseUrl ?? PUBLIC_URLS[account.kind], account.token)) };
  };
};

export const openInstallationCloud = (config: ProvisioningConfig, open: AccountOpener): InstallationCloud => {
  const kind = config.CITRUS_CLOUD_KIND;
  const { cloud, offers } = open({ kind, baseUrl: config.CITRUS_CLOUD_URL ?? null, token: readToken(config.CITRUS_CLOUD_TOKEN_FILE) });
  return { cloudId: null, kind, cloud, offers };
};
