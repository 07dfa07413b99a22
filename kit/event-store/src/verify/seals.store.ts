/** The seals' copy in the database. */
import type { Pool } from 'pg';
import { lineOf, parseSeal, type Seal } from './seal.ts';

export const readSeals = async (pool: Pool): Promise<{ readonly seals: Seal[]; readonly damaged: number }> => {
  const { rows } = await pool.query<{ seal: string }>('select seal from public.seals order by from_position');
  const seals = rows.map(({ seal }) => parseSeal(seal)).filter((seal) => seal !== undefined);
  return { seals, damaged: rows.length - seals.length };
};

/** False when this stretch is sealed already. */
export const addSeal = async (pool: Pool, seal: Seal): Promise<boolean> => {
  const { rowCount } = await pool.query('insert into public.seals (from_position, to_position, seal) values ($1, $2, $3) on conflict do nothing', [seal.from, seal.to, lineOf(seal)]);
  return rowCount === 1;
};
