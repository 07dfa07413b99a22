import { type DriverParts, type OpenedDriver } from './driver.port.ts';
import { openDockerDriver } from './docker/docker.driver.ts';
import { openNamespaceDriver } from './namespace/namespace.driver.ts';
import { openNoneDriver } from './none/none.driver.ts';
import { openProcessDriver } from './process/process.driver.ts';

/** `docker` is only taken when it is asked for: it downloads its image. */
export const driverNames = ['auto', 'namespace', 'docker', 'process', 'none'] as const;
export type DriverName = (typeof driverNames)[number];

/**
 * `auto` takes the best driver that really works here, tried out, and says what it had to fall back from and why. Droplets
 * that exist keep the driver they were made with: user data written for a machine must not run again on the host itself.
 */
export const chooseDriver = (wanted: DriverName, existing: string | undefined, parts: DriverParts): Promise<OpenedDriver> => {
  const kept = existing === 'namespace' || existing === 'docker' || existing === 'process' || existing === 'none' ? existing : undefined;
  return open(wanted === 'auto' ? (kept ?? 'auto') : wanted, parts);
};

const open = async (wanted: DriverName, parts: DriverParts): Promise<OpenedDriver> => {
  if (wanted === 'docker') return openDockerDriver(parts);
  if (wanted === 'none') return openNoneDriver(parts);
  if (wanted === 'process') return openProcessDriver(parts);
  try {
    return await openNamespaceDriver(parts);
  } catch (error) {
    if (wanted === 'namespace') throw error;
    parts.log(`Droplets are not machines here, because the namespace driver does not work: ${(error as Error).message}`);
    return openProcessDriver(parts);
  }
};
