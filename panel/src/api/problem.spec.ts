import { describe, expect, test } from 'vitest';
import { asProblem, problemOf } from './problem.ts';

describe('a failed call', () => {
  test('speaks with the hub’s words and names the fields', () => {
    const problem = problemOf(422, { title: 'x', detail: 'Some fields are wrong.', code: 'request.invalid', correlationId: 'c1', errors: [{ path: 'name', message: 'is taken' }, null, { path: 1 }] });
    expect(problem).toMatchObject({ message: 'Some fields are wrong.', code: 'request.invalid', correlationId: 'c1', fields: [{ path: 'name', message: 'is taken' }] });
  });

  test('is told even when a proxy answered with a page of its own', () => {
    expect(problemOf(502, '<html>')).toMatchObject({ status: 502, code: 'http.502', fields: [] });
  });

  test('is a problem whatever was thrown', () => {
    expect(asProblem(new TypeError('broken'))).toMatchObject({ code: 'panel.failed', message: 'broken' });
  });
});
