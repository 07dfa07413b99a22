/** What a service tells people about the past: a read model's fold, whose project a row belongs to, and how it looks. */
import type { Subject } from '@citrus/contracts';
import type { FoldedRow, RowFold } from '@citrus/kit-event-store';

export type ReadModel<Row extends FoldedRow = FoldedRow> = {
  readonly of: Subject;
  /** Its rows depend on the streams `<of>-<id>` alone, each row on one of them. */
  readonly fold: RowFold;
  readonly projectOf: (row: Row) => string;
  /** Which server it is about; left out where it is about none. */
  readonly serverOf?: (row: Row) => string;
  /** As the live API shows it. */
  readonly show: (row: Row) => object;
};

export const defineReadModel = <Row extends FoldedRow>(model: ReadModel<Row>): ReadModel => model as unknown as ReadModel;
