import { describe, expect, test } from 'vitest';
import { DatabaseConfig, parseConfig, ServiceConfig } from './index.ts';

describe('configuration', () => {
  test('has defaults for what need not be said', () => {
    expect(parseConfig(ServiceConfig, { CITRUS_HTTP_PORT: '8080' })).toEqual({ CITRUS_NATS_URL: 'nats://127.0.0.1:4222', CITRUS_HTTP_HOST: '127.0.0.1', CITRUS_HTTP_PORT: 8080, CITRUS_MANAGEMENT_HOST: '127.0.0.1', CITRUS_MANAGEMENT_PORT: 0, CITRUS_LOG_LEVEL: 'info' });
  });

  test('that is wrong is refused with every variable and without a value', () => {
    const start = () => parseConfig(DatabaseConfig, { CITRUS_LOG_LEVEL: 'loud', CITRUS_DATABASE_URL: 'mysql://user:secret@host/db' });
    expect(start).toThrow(/CITRUS_HTTP_PORT: is missing/);
    expect(start).toThrow(/CITRUS_LOG_LEVEL: /);
    expect(start).toThrow(/CITRUS_DATABASE_URL: must be postgres:/);
    expect(start).not.toThrow(/secret/);
  });
});
