import { describe, expect, test } from 'vitest';
import { envelopeOf } from './projection-spec.ts';
import { observed, reactorHonoursItsContract, type StartReactor } from './reactor-contract.ts';

const events = [envelopeOf({ type: 'Paid', data: { amount: 2 } }, 1), envelopeOf({ type: 'Paid', data: { amount: 3 } }, 2)];

class Accounts {
  readonly #entries: { id: string; amount: number }[] = [];
  async enter(id: string, amount: number): Promise<void> {
    this.#entries.push({ id, amount });
    return Promise.resolve();
  }
  async has(id: string): Promise<boolean> {
    return Promise.resolve(this.#entries.some((entry) => entry.id === id));
  }
  entries() {
    return this.#entries;
  }
}

const reactor = (isCareful: boolean): StartReactor => async (happened) => {
  const accounts = new Accounts();
  const watched = observed(accounts, happened);
  return Promise.resolve({
    handle: async ({ id, data }) => {
      if (!isCareful || !(await watched.has(id))) await watched.enter(id, Number(data['amount']));
    },
    effects: () => Promise.resolve(accounts.entries()),
  });
};

describe('the contract of a reactor', () => {
  test('is kept by one that looks first', async () => expect(await reactorHonoursItsContract(events, reactor(true))).toMatchObject([{ amount: 2 }, { amount: 3 }]));
  test('is broken by one that does it again', () => expect(reactorHonoursItsContract(events, reactor(false))).rejects.toThrow('events that came again'));
  test('says nothing about one that is not watched', () =>
    expect(reactorHonoursItsContract(events, () => reactor(true)(() => undefined))).rejects.toThrow('seen to do something'));
});
