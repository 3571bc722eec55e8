// Records what real programs say, as seeds for the fuzzer: node tests/Fuzz/make-corpus.mjs
// Needs mosquitto and its clients, curl, SUMO with its Python tools, and `npm ci` in tests/node and tests/node-arrow.
import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const here = path.dirname(new URL(import.meta.url).pathname);
const corpus = path.join(here, 'corpus');
const most = 32768;                                            // bytes of a seed

function save(folder, name, bytes) {
  fs.mkdirSync(path.join(corpus, folder), { recursive: true });
  fs.writeFileSync(path.join(corpus, folder, name), bytes.subarray(0, most));
}

const freePort = () => new Promise(done => {
  const probe = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => done(port));
  });
});

/** A proxy on a port of its own; resolves to [port, what each side said, close]. */
async function proxy(to) {
  const said = { client: [], server: [] };
  const server = net.createServer(client => {
    const upstream = net.connect(to, '127.0.0.1');
    client.on('data', d => { said.client.push(d); upstream.write(d); });
    upstream.on('data', d => { said.server.push(d); client.write(d); });
    for (const [a, b] of [[client, upstream], [upstream, client]]) { a.on('close', () => b.destroy()); a.on('error', () => b.destroy()); }
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  return [server.address().port, said, () => server.close()];
}

const wait = ms => new Promise(done => setTimeout(done, ms));
const run = (program, args) => new Promise(done => spawn(program, args, { stdio: 'ignore' }).on('close', done).on('error', done));

async function recorded(name, version, to, talk) {
  const [port, said, close] = await proxy(to);
  await talk(port);
  close();
  save('mqtt-broker', name, Buffer.concat(said.client));
  save('mqtt-client', name, Buffer.concat([Buffer.from([version === 5 ? 1 : 0]), ...said.server]));
}

async function mqtt() {
  const port = await freePort();
  const conf = path.join(os.tmpdir(), `corpus-${process.pid}.conf`);
  fs.writeFileSync(conf, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
  const mosquitto = spawn(fs.existsSync('/usr/sbin/mosquitto') ? '/usr/sbin/mosquitto' : 'mosquitto', ['-c', conf], { stdio: 'ignore' });
  await wait(1500);
  for (const [version, v] of [['311', 3], ['5', 5]]) {
    for (const qos of ['0', '1', '2'])
      await recorded(`mosquitto-pub-${version}-${qos}`, v, port, p => run('mosquitto_pub', ['-p', p, '-V', version === '311' ? 'mqttv311' : 'mqttv5', '-q', qos,
        '-i', 'rec', '-t', 'citybrain/1/d/loop/l', '-m', '{"timeMs":1000,"count":2,"occupancy":0.31}', '-r', '--will-topic', 'w', '--will-payload', 'gone',
        '-u', 'user', '-P', 'word', ...(version === '5' ? ['-D', 'publish', 'user-property', 'a', 'b', '-D', 'publish', 'message-expiry-interval', '60'] : [])]));
    await recorded(`mosquitto-sub-${version}`, v, port, p => run('mosquitto_sub', ['-p', p, '-V', version === '311' ? 'mqttv311' : 'mqttv5',
      '-q', '2', '-i', 'sub', '-t', 'citybrain/#', '-t', '$share/g/a/+', '-C', '1', '-W', '3']));
    const lib = createRequire(path.join(here, '../node/package.json'))('mqtt');
    await recorded(`npm-mqtt-${version}`, v, port, async p => {
      const client = lib.connect(`mqtt://127.0.0.1:${p}`, { protocolVersion: v === 5 ? 5 : 4, clientId: 'npm', reconnectPeriod: 0,
        ...(v === 5 ? { properties: { sessionExpiryInterval: 60, receiveMaximum: 9, topicAliasMaximum: 4, userProperties: { a: 'b' } } } : {}) });
      await new Promise(done => client.on('connect', done));
      await client.subscribeAsync(['citybrain/+/d/#', 'x'], { qos: 2 });
      for (const qos of [0, 1, 2]) await client.publishAsync('x', 'payload', { qos, retain: qos === 1, ...(v === 5 ? { properties: { contentType: 't', topicAlias: 1 } } : {}) });
      await client.unsubscribeAsync('x');
      await client.endAsync();
    });
  }
  mosquitto.kill();
  fs.unlinkSync(conf);
}

async function http() {
  const requests = [];
  const server = net.createServer(s => { s.on('error', () => {}); s.once('data', d => { requests.push(d); s.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'); }); });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const at = `http://127.0.0.1:${server.address().port}/api/v1`;
  await run('curl', ['-s', `${at}/history?samples=10&points=20`]);
  await run('curl', ['-s', '-X', 'POST', '-H', 'Content-Type: application/json', '-d', '{"kind":"hold","stage":1,"minutes":5,"reason":"a reason"}', `${at}/intersections/J11/override`]);
  await run('curl', ['-s', '--compressed', '-H', 'If-None-Match: "x"', `${at}/city`]);
  await fetch(`${at}/session`, { method: 'POST', body: JSON.stringify({ name: 'admin', password: 'x' }), headers: { 'content-type': 'application/json' } }).catch(() => {});
  server.close();
  requests.forEach((r, n) => save('http', `request-${n}`, r));
}

function arrow() {
  const lib = createRequire(path.join(here, '../node-arrow/package.json'))('apache-arrow');
  const table = lib.tableFromArrays({ a: Int32Array.from([1, 2, 3]), b: Float64Array.from([0.5, 1, 2]), c: ['x', 'y', 'x'], d: [true, null, false] });
  save('arrow', 'apache-arrow-stream', Buffer.from(lib.tableToIPC(table, 'stream')));
  save('arrow', 'apache-arrow-file', Buffer.from(lib.tableToIPC(table, 'file')));
}

async function sumo() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'corpus-sumo-'));
  const file = name => path.join(folder, name);
  spawnSync('netgenerate', ['--grid', '--grid.number', '2', '--grid.attach-length', '60', '--tls.guess', '-o', file('net.xml')], { stdio: 'ignore' });
  save('sumo-net', 'netgenerate', fs.readFileSync(file('net.xml')));
  fs.writeFileSync(file('r.xml'), '<routes><flow id="f" begin="0" end="60" period="2" from="left0A0" to="B0right0"/></routes>');
  const port = await freePort();
  const street = spawn('sumo', ['-n', file('net.xml'), '-r', file('r.xml'), '--remote-port', port, '--no-step-log'], { stdio: 'ignore' });
  await wait(2500);
  const [to, said, close] = await proxy(port);
  fs.writeFileSync(file('c.py'), `import sys; sys.path.append('/usr/share/sumo/tools'); import traci
traci.init(${to})
traci.edge.subscribe('left0A0', (0x10, 0x11, 0x12))
for n in range(8):
    traci.simulationStep()
    for v in traci.vehicle.getIDList(): traci.vehicle.subscribe(v, (0x40, 0x51, 0x56))
traci.close()`);
  await run('python3', [file('c.py')]);
  close();
  street.kill();
  // Each answer begins with its length; what the reader gets follows it.
  let bytes = Buffer.concat(said.server), kept = 0;
  while (bytes.length > 4) {
    const length = bytes.readUInt32BE(0);
    if (length > 30 && bytes[5] === 2 && kept < 3) save('traci', `step-${kept++}`, bytes.subarray(4, length));
    bytes = bytes.subarray(Math.max(4, length));
  }
  fs.rmSync(folder, { recursive: true });
}

for (const [name, record] of Object.entries({ mqtt, http, arrow, sumo })) {
  try {
    await record();
  } catch (e) {
    console.error(`${name}: ${e.message}`);
  }
}
process.exit(0);
