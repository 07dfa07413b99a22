/** The one cloud of this installation, from the settings. */
import { readFileSync } from 'node:fs';
import { StartRefused } from '@citrus/kit-service';
import type { ProvisioningConfig } from '../config.ts';
import { DigitalOcean } from './digitalocean.adapter.ts';
import { onlyCloud, type Clouds } from './clouds.ts';

const readToken = (file: string): string => {
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (/^[\x21-\x7e]+$/.test(token)) return token;
  } catch (cause) {
    throw new StartRefused(`CITRUS_CLOUD_TOKEN_FILE: ${file} cannot be read. Write the cloud's API token into it.`, { cause });
  }
  throw new StartRefused(`CITRUS_CLOUD_TOKEN_FILE: ${file} holds no API token.`);
};

export const openClouds = (config: ProvisioningConfig): Clouds =>
  onlyCloud('digitalocean', new DigitalOcean({
    url: config.CITRUS_CLOUD_URL,
    token: readToken(config.CITRUS_CLOUD_TOKEN_FILE),
    createTimeoutMs: config.CITRUS_CLOUD_CREATE_TIMEOUT_MS,
    callsPerSecond: config.CITRUS_CLOUD_CALLS_PER_SECOND,
  }));
