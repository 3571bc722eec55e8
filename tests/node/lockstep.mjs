// A stranger's simulator, written from docs/WIRE.md alone: queues that fill by a fixed rule and empty while green.
// node lockstep.mjs PORT CITY.json SECONDS; prints {"ticks":n,"commands":n,"digest":"..."}.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';

const [port, file, seconds] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const city = JSON.parse(readFileSync(file, 'utf8'));
const root = `citybrain/1/${city.districts[0].id}`;
const level = id => encodeURIComponent(id).replace(/[!'()*]/g, c => '%' + c.charCodeAt(0).toString(16).toUpperCase());
const cameras = city.detectors.filter(d => d.kind === 'Camera');
const queue = new Map(cameras.map(c => [c.lane, 0]));
const shown = new Map(city.intersections.map(i => [i.id, { aspects: i.stages[0].aspects, stage: 0, sequence: 0 }]));
const hash = createHash('sha256');
let time = 0, due = null, taken = 0, commands = 0, random = 12345;

const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
client.on('error', e => { console.error(e.message); process.exit(1); });
client.on('connect', () => client.subscribe([`${root}/command/+`, `${root}/tock`], e => {
  if (e) throw e;
  step();
}));
client.on('message', (topic, payload) => {
  const message = JSON.parse(payload);
  if (topic === `${root}/tock`) {
    if (message.timeMs === time) due = message.commands;
  } else {
    hash.update(payload);
    commands++;
    taken++;
    if (message.kind === 'show') shown.set(message.intersection, message);
  }
  if (due === null || taken < due) return;
  due = null;
  taken = 0;
  if (time < seconds * 1000) step();
  else {
    console.log(JSON.stringify({ ticks: time / 1000, commands, digest: hash.digest('hex') }));
    client.end();
  }
});

function step() {
  time += 1000;
  moveVehicles();
  for (const c of cameras) {
    const sightings = Array.from({ length: Math.min(20, queue.get(c.lane)) },
      (_, i) => ({ distanceM: 1 + 7.5 * i, speedMps: 0, lengthM: 4.5, class: 'car' }));
    publish(`camera/${level(c.id)}`, { timeMs: time, sightings });
  }
  for (const i of city.intersections) {
    const { aspects, stage, sequence } = shown.get(i.id);
    publish(`controller/${level(i.id)}/state`, { intersection: i.id, timeMs: time, mode: 'remote', aspects, stage, lastSequence: sequence });
  }
  publish('tick', { timeMs: time });
}

function moveVehicles() {
  for (const i of city.intersections)
    for (const m of i.movements) {
      const green = 'gG'.includes(shown.get(i.id).aspects[i.groups.findIndex(g => g.id === m.group)]);
      if (green && time % 2000 === 0 && queue.get(m.from) > 0) queue.set(m.from, queue.get(m.from) - 1);
    }
  for (const lane of queue.keys()) {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    if (random >>> 16 < 12000) queue.set(lane, queue.get(lane) + 1);
  }
}

function publish(topic, payload) {
  client.publish(`${root}/${topic}`, JSON.stringify(payload));
}
