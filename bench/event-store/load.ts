/**
 * A contender under load, in a process of its own: they do not share a heap, and Emmett's driver changes how pg reads
 * types in the whole process. Arguments: the contender, its database, the load as JSON; tells its parent the figures.
 */
import { measure, type Load, type OpenContender } from './contender.ts';

const [name, url, json] = process.argv.slice(2);
if (!name || !url || !json) throw new Error('load.ts is started by append.ts');
const load = JSON.parse(json) as Load;
const { open } = (await import(new URL(`./${name}.contender.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url).href)) as { open: OpenContender };
const contender = await open({ url, callers: load.callers });
process.send?.(await measure(contender, load));
await contender.close();
process.disconnect?.();
