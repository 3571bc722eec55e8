#!/usr/bin/env node
// Software bill of materials of the product (CycloneDX 1.5, JSON, on stdout) from its lock files alone: what
// src/*/packages.lock.json and web/package-lock.json pin, with their checksums. Nothing is asked of the network.
//   node eng/sbom.mjs > sbom.json
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const components = new Map();

/** Adds a component once; the checksum is base 64 in lock files and hexadecimal here. */
function add(purl, name, version, sha512, extra = {}) {
  if (components.has(purl)) return;
  const hashes = sha512 ? [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }] : [];
  components.set(purl, { type: 'library', 'bom-ref': purl, name, version, purl, hashes, ...extra });
}

function lockFiles(folder) {
  return readdirSync(folder).filter((n) => n !== 'bin' && n !== 'obj').flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return lockFiles(path);
    return name === 'packages.lock.json' ? [path] : [];
  });
}

for (const file of lockFiles(join(root, 'src')))
  for (const framework of Object.values(JSON.parse(readFileSync(file, 'utf8')).dependencies))
    for (const [name, entry] of Object.entries(framework))
      if (entry.type !== 'Project') add(`pkg:nuget/${name}@${entry.resolved}`, name, entry.resolved, entry.contentHash);

const npm = JSON.parse(readFileSync(join(root, 'web', 'package-lock.json'), 'utf8'));
for (const [path, entry] of Object.entries(npm.packages)) {
  if (path === '' || entry.link) continue;
  const name = entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const sha512 = /sha512-(\S+)/.exec(entry.integrity ?? '')?.[1];
  const licenses = entry.license ? [{ expression: entry.license }] : [];
  // What only builds the dashboard is not shipped with it.
  add(`pkg:npm/${name.replace('@', '%40')}@${entry.version}`, name, entry.version, sha512,
    { licenses, scope: entry.dev || entry.devOptional ? 'excluded' : 'required' });
}

const sorted = [...components.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
process.stdout.write(JSON.stringify({
  bomFormat: 'CycloneDX', specVersion: '1.5', version: 1,
  metadata: { component: { type: 'application', 'bom-ref': 'citybrain', name: 'City Brain', licenses: [{ license: { id: 'Apache-2.0' } }] } },
  components: sorted,
}, null, 2) + '\n');
