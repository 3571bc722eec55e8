// Usage: node read.mjs FILE... : per file, the columns as apache-arrow and as Polars read them, one line of JSON.
import { readFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';

const sumOf = (values) => {
  let sum = 0;
  let empty = 0;
  let text = '';
  for (const value of values) {
    if (value === null || value === undefined || Number.isNaN(value)) {
      empty++;
    } else if (typeof value === 'string') {
      text += value + ';';
    } else {
      sum += value instanceof Date ? value.getTime() : Number(value);
    }
  }
  return { sum, empty, text };
};

const byArrow = (bytes) => {
  const table = tableFromIPC(bytes);
  return {
    rows: table.numRows,
    columns: Object.fromEntries(table.schema.fields.map((field) =>
      [field.name, { type: String(field.type), ...sumOf(table.getChild(field.name)) }])),
  };
};

const byPolars = async (bytes) => {
  let polars;
  try {
    polars = (await import('nodejs-polars')).default;
  } catch (error) {
    return { missing: String(error.message) };
  }
  const stream = bytes.subarray(0, 6).toString() !== 'ARROW1';
  const frame = stream ? polars.readIPCStream(bytes) : polars.readIPC(bytes);
  return {
    rows: frame.height,
    columns: Object.fromEntries(frame.columns.map((name) => [name, sumOf(frame.getColumn(name).toArray())])),
  };
};

for (const path of process.argv.slice(2)) {
  const bytes = readFileSync(path);
  console.log(JSON.stringify({ path, arrow: byArrow(bytes), polars: await byPolars(bytes) }));
}
