/**
 * Frozen: a change is a new migration. What is personal in the read models becomes sealed text, and the e-mail address
 * is no longer something to search by. The folds have new versions, so all rows are written anew after this.
 */
import { sql, type Kysely } from 'kysely';

const CHANGES = `
alter table users drop constraint users_email_key;
alter table users alter column email type jsonb using jsonb_build_object('clear', email);
alter table users alter column name type jsonb using jsonb_build_object('clear', name);
alter table users add column password jsonb;
update users set password = jsonb_build_object('clear', sealed_password);
alter table users alter column password set not null;
alter table users drop column sealed_password;
alter table sessions drop column address;
alter table sessions add column sealed_address text;
-- Their keys are hashes of another kind now; at most a quarter of an hour of counting is lost.
delete from sign_in_failures;
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(CHANGES).execute(db);
};
