/** Its name, its type, and its value of a row: null where that is undefined. */
export type RowColumn<Row> = readonly [name: string, type: string, valueOf: (row: Row) => unknown];

/**
 * The columns of rows that a statement takes any number of. Each is one parameter, an array, so that the text is the same
 * however many rows there are: it is prepared once.
 *
 * The arrays are expanded side by side in a select list
 * (https://www.postgresql.org/docs/current/xfunc-sql.html#XFUNC-SQL-FUNCTIONS-RETURNING-SET). `FROM unnest($1, $2, …)` answers
 * the same, and gives each of them a tuple store of 16 KB: with 26 arrays and a row or two a statement takes 4 times the CPU.
 */
export class RowColumns<Row> {
  readonly #columns: readonly RowColumn<Row>[];
  readonly names: readonly string[];
  /** The names with commas between them. */
  readonly list: string;

  constructor(...columns: readonly RowColumn<Row>[]) {
    this.#columns = columns;
    this.names = columns.map(([name]) => name);
    this.list = this.names.join(', ');
  }

  /** How many parameters they are. */
  get count(): number {
    return this.#columns.length;
  }

  /** The rows as a table, to stand after `FROM` or `JOIN`; its parameters are numbered from `first`, 1 when absent. */
  asTable(name: string, first = 1): string {
    return `(SELECT ${this.#expanded(first)}) AS ${name}`;
  }

  /** The same with one column more, `position`, which counts the rows from 1. */
  asTableInOrder(name: string, first = 1): string {
    return `(SELECT ${this.#expanded(first)}, generate_subscripts(${this.#parameter(0, first)}, 1) AS position) AS ${name}`;
  }

  /** A statement that inserts the rows, all of whose columns the table has; its parameters are numbered from `first`. */
  insertInto(table: string, first = 1): string {
    return `INSERT INTO ${table} (${this.list}) SELECT ${this.list} FROM ${this.asTable('new_row', first)}`;
  }

  /** The parameters. */
  values(rows: readonly Row[]): readonly unknown[][] {
    return this.#columns.map(([, , valueOf]) => rows.map((row) => valueOf(row) ?? null));
  }

  #expanded(first: number): string {
    return this.names.map((name, index) => `unnest(${this.#parameter(index, first)}) AS ${name}`).join(', ');
  }

  #parameter(index: number, first: number): string {
    return `$${first + index}::${this.#columns[index]?.[1]}[]`;
  }
}
