import { InstallerAction, InstallerManifest } from '@citrus/contracts';
import { expect, test } from 'vitest';
import { refuseSecrets } from './refuse-secrets.ts';

const password = { id: 'password', type: 'password', label: 'Password' };
const installer = (required: boolean) => InstallerManifest.parse({ id: 'db', name: 'Database', version: '1.0.0', description: 'A', category: 'web', author: 'Citrus', inputs: [{ ...password, required }, { id: 'port', type: 'port', label: 'Port', required: true }] });
const isKept = (required: boolean, action: InstallerAction, inputs: object): boolean => {
  try {
    refuseSecrets(installer(required), { action, inputs: { ...inputs } });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'schedule.no_secrets', fields: [{ path: 'inputs.password' }] });
    return false;
  }
};

test.each(InstallerAction.options)('a schedule of %s takes no secret, and an installer that requires one only where it is not needed', (action) => {
  const runsWithout = ['health', 'backup', 'restore', 'uninstall'].includes(action);
  expect([isKept(true, action, {}), isKept(false, action, { port: 80 }), isKept(false, action, { password: 'hunter22' }), isKept(true, action, { password: 'hunter22' })]).toEqual([runsWithout, true, false, false]);
});
