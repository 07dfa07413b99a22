import { AgentId, InstallerAction, InstallerManifest, sealedInputsPlace } from '@citrus/contracts';
import { generateBoxKeys, packJson, sealToBox } from '@citrus/kit-crypto';
import { describe, expect, test } from 'vitest';
import { inputsOf } from './job-inputs.ts';

const [box, agentId] = [generateBoxKeys(), AgentId.parse('0199f0a0-0000-7000-8000-000000000001')];
const manifest = InstallerManifest.parse({
  id: 'db', name: 'Database', version: '1.0.0', description: 'A', category: 'web', author: 'Citrus',
  inputs: [{ id: 'port', type: 'port', label: 'Port', required: true }, { id: 'password', type: 'password', label: 'Password', required: true }],
});
const given = (action: InstallerAction, inputs: Record<string, number>, secrets?: object) => {
  const sealedInputs = secrets === undefined ? '' : sealToBox(box.publicKey, packJson(JSON.stringify(secrets)), sealedInputsPlace(agentId));
  return inputsOf({ command: { action, agentId, inputs, sealedInputs }, keys: { box } }, manifest);
};

describe.each(InstallerAction.options)('the inputs of a job that does %s', (action) => {
  test('lack a required secret only where nobody is asked for it again', () => {
    if (['health', 'backup', 'restore', 'uninstall'].includes(action)) expect(given(action, { port: 80 })).toEqual({ port: 80 });
    else expect(() => given(action, { port: 80 })).toThrow('the inputs are not valid: password is required');
  });
  test('hold what was given, and nothing bad', () => {
    expect(given(action, { port: 80 }, { password: 'hunter22' })).toEqual({ port: 80, password: 'hunter22' });
    expect(() => given(action, { port: 80 }, { password: 'abc' })).toThrow('password must have at least 4 characters');
    expect(() => given(action, {}, { password: 'hunter22' })).toThrow('port is required');
  });
});
