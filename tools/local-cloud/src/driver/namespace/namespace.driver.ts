import { type DriverParts, type OpenedDriver } from '../driver.port.ts';

export const openNamespaceDriver = (_parts: DriverParts): Promise<OpenedDriver> =>
  Promise.reject(new Error('it needs root'));
