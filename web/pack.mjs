// Compresses what the build made, so that the server need not.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = new URL('./dist/', import.meta.url).pathname;
let plainBytes = 0, gzipBytes = 0;

for (const name of readdirSync(root, { recursive: true })) {
  const file = join(root, name);
  if (!statSync(file).isFile() || !/\.(js|css|html|svg|json|webmanifest)$/.test(name)) continue;
  const plain = readFileSync(file);
  const gzip = gzipSync(plain, { level: 9 });
  const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(`${file}.gz`, gzip);
  writeFileSync(`${file}.br`, brotli);
  plainBytes += plain.length;
  gzipBytes += gzip.length;
}
console.log(`packed ${(plainBytes / 1000).toFixed(0)} kB to ${(gzipBytes / 1000).toFixed(0)} kB gzip`);
