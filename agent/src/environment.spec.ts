import { describe, expect, test } from 'vitest';
import { environmentOf } from './environment.ts';

describe('the environment of a script', () => {
  const surroundings = { home: '/h', serverAddress: '192.0.2.1', appDir: '/a', nodeBinary: '/n' };
  test('holds the inputs and nothing inherited', () => {
    expect(environmentOf({ ...surroundings, inputs: { server_name: 'a b', tls: true, port: 80 } })).toEqual({
      SERVER_NAME: 'a b', TLS: 'true', PORT: '80', PATH: expect.any(String) as string, HOME: '/h', DEBIAN_FRONTEND: 'noninteractive', PROVISIONING_JOB: 'true',
      SERVER_ADDRESS: '192.0.2.1', CITRUS_NODE: '/n', CITRUS_APP_DIR: '/a',
    });
  });
  test.for(['path', 'ld_preload', 'bash_env', 'ifs', 'home', 'node_options'])('refuses the name %s', (id) => {
    expect(() => environmentOf({ ...surroundings, inputs: { [id]: 'x' } })).toThrow('reserved');
  });
});
