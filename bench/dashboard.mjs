// The dashboard under load: node bench/dashboard.mjs [seconds] [side of the town]. Needs chromium, and web/dist (npm run build in web/).
// Two thousand intersections, five pictures a second: what a browser and what two hundred viewers cost.
import { spawn, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { launch, noGraphicsCard, wait, webglInSoftware } from '../web/tools/browser.mjs';

const seconds = Number(process.argv[2] ?? 20), side = process.argv[3] ?? '45', manyViewers = 200;
const root = new URL('..', import.meta.url).pathname;
execFileSync('dotnet', ['build', `${root}bench/Dashboard`, '-c', 'Release', '-v', 'q', '--nologo'], { stdio: ['ignore', 'ignore', 'inherit'] });
const server = spawn('dotnet', [`${root}bench/Dashboard/bin/Release/net10.0/CityBrain.DashboardBench.dll`, side], { stdio: ['ignore', 'pipe', 'inherit'] });
const lines = [], waiting = [];
createInterface({ input: server.stdout }).on('line', text => { const got = JSON.parse(text); (waiting.shift() ?? (x => lines.push(x)))(got); });
const next = () => (lines.length > 0 ? Promise.resolve(lines.shift()) : new Promise(done => waiting.push(done)));

try {
  const town = await next();
  console.log(`${town.intersections} intersections, ${town.links} links, ${town.lanes} lanes`);
  await next(); // the first window warms up
  report('nobody looks', await server5s());
  await oneBrowser(new URL(town.address), 'no graphics card', noGraphicsCard);
  await oneBrowser(new URL(town.address), 'one imitated in software', webglInSoftware);
  await crowd(new URL(town.address));
} finally {
  server.kill('SIGTERM');
}

async function server5s() {
  lines.length = 0;
  return next();
}

function report(what, s) {
  console.log(`${what}: ${s.pictures} pictures/s; handing one over costs the brain's thread p50 ${s.p50} ms, p99 ${s.p99} ms, at most ${s.most} ms; whole process ${(100 * s.cpu).toFixed(0)} % of a core`);
}

async function oneBrowser(address, drawnBy, flags) {
  const browser = launch(flags);
  try {
    const page = await browser.page({ width: 1440, height: 900 });
    let bytes = 0, frames = 0;
    page.on('Network.webSocketFrameReceived', e => {
      bytes += e.response.opcode === 2 ? e.response.payloadData.length * 3 / 4 : e.response.payloadData.length;
      if (e.response.opcode === 2) frames++;
    });
    await page.ask('Performance.enable');
    await page.goto(`${address}map`);
    const asked = Date.now();
    await page.until(`document.querySelector('[data-testid=map][data-ready=true]')`, 180_000);
    console.log(`the ground is drawn after ${((Date.now() - asked) / 1000).toFixed(1)} s`);
    await wait(3000);
    await page.evaluate('window.drawn = 0; (function next() { drawn++; requestAnimationFrame(next); })()');
    const metrics = async () => Object.fromEntries((await page.ask('Performance.getMetrics')).metrics.map(m => [m.name, m.value]));
    const before = await metrics(), drawnBefore = await page.evaluate('drawn');
    bytes = frames = 0;
    const begin = Date.now();
    await wait(seconds * 1000);
    const after = await metrics(), drawn = await page.evaluate('drawn') - drawnBefore, wall = (Date.now() - begin) / 1000;
    const share = name => `${(100 * (after[name] - before[name]) / wall).toFixed(0)} %`;
    console.log(`one browser, 1440x900, ${drawnBy}: ${(drawn / wall).toFixed(0)} frames/s drawn, ${(frames / wall).toFixed(1)} pictures/s taken, ` +
      `main thread busy ${share('TaskDuration')} (script ${share('ScriptDuration')}, layout and style ${share('LayoutDuration')} and ${share('RecalcStyleDuration')}), ` +
      `${(bytes / wall / 1000).toFixed(0)} kB/s, heap ${(after.JSHeapUsedSize / 1e6).toFixed(0)} MB`);
    report('with one browser', await server5s());
  } finally {
    await browser.close();
  }
}

/** Viewers that only read, as plain sockets: what counts is the server. */
async function crowd(address) {
  const bytes = new Float64Array(manyViewers), sockets = [];
  for (let v = 0; v < manyViewers; v++) {
    const socket = connect(Number(address.port), address.hostname);
    socket.on('data', chunk => { bytes[v] += chunk.length; }).on('error', () => undefined);
    socket.write(`GET /api/v1/live HTTP/1.1\r\nHost: ${address.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`);
    sockets.push(socket);
  }
  await wait(5000);
  bytes.fill(0);
  const begin = Date.now();
  lines.length = 0;
  await next();
  const windows = [];
  while (Date.now() - begin < seconds * 1000) windows.push(await next());
  const wall = (Date.now() - begin) / 1000, sorted = [...bytes].map(b => b / wall / 1000).sort((a, b) => a - b);
  const metrics = await (await fetch(`${address}metrics`)).text();
  report(`${manyViewers} viewers`, windows[windows.length - 1]);
  console.log(`each viewer gets ${sorted[0].toFixed(0)} to ${sorted[manyViewers - 1].toFixed(0)} kB/s, ${(sorted.reduce((a, b) => a + b) / 1000).toFixed(1)} MB/s in all; ` +
    `frames lost to slow viewers so far: ${/viewer_frames_lost_total (\d+)/.exec(metrics)?.[1]}`);
  sockets.forEach(s => s.destroy());
}
