// Takes pictures of the screens of a running dashboard, to be looked at:
//   node web/tools/screens.mjs http://127.0.0.1:8080 FOLDER [part-of-a-name ...]
// With CITYBRAIN_LOGIN=name:password the screens are those of somebody who has logged in.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, wait } from './browser.mjs';

const [address, folder, ...only] = process.argv.slice(2);
if (!address || !folder) {
  console.error('usage: screens.mjs ADDRESS FOLDER [part-of-a-name ...]');
  process.exit(64);
}
const origin = new URL(address).origin;
const city = await (await fetch(`${origin}/api/v1/city`)).json();
const worst = await mostHalted();
const screens = {
  map: '/map', unusual: '/map?layer=unusual', close: `/map?id=${worst}`, table: '/map?as=table', intersection: `/intersection?id=${worst}`,
  city: '/city', corridor: '/corridor', alarms: '/alarms', feeds: '/feeds', audit: '/audit', login: '/login',
};
const views = [
  { name: '1440x900', width: 1440, height: 900 }, { name: '390x844', width: 390, height: 844 },
  { name: '360x740', width: 360, height: 740 }, { name: 'wall', width: 1920, height: 1080, look: 'wall' },
  { name: '4k', width: 3840, height: 2160, look: 'wall' },
];
const faces = [
  { name: 'en-dark', locale: 'en-GB', dark: true }, { name: 'zh-light', locale: 'zh-CN', dark: false },
  { name: 'en-light', locale: 'en-GB', dark: false }, { name: 'zh-dark', locale: 'zh-CN', dark: true },
];

mkdirSync(folder, { recursive: true });
const cookie = await logIn();
const browser = launch();
try {
  for (const [screen, path] of Object.entries(screens))
    for (const view of views)
      for (const face of faces) {
        const name = `${screen}-${view.name}-${face.name}.png`;
        if (view.look && !face.dark) continue;
        if (only.length > 0 && !only.every(o => name.includes(o))) continue;
        await take(name, path, view, face);
      }
} finally {
  await browser.close();
}

async function take(name, path, view, face) {
  const page = await browser.page({ ...view, ...face, cookie });
  const complaints = [];
  page.on('Runtime.exceptionThrown', e => complaints.push(e.exceptionDetails.exception?.description ?? e.exceptionDetails.text));
  page.on('Network.requestWillBeSent', e => {
    if (!e.request.url.startsWith(origin) && !/^(blob|data):/.test(e.request.url)) complaints.push(`asked elsewhere: ${e.request.url}`);
  });
  const look = view.look ? `${path.includes('?') ? '&' : '?'}look=${view.look}` : '';
  await page.goto(origin + path + look);
  await page.until(`document.querySelector('.lamp')`);
  if (path.startsWith('/map') && !path.includes('as=table')) await page.until(`document.querySelector('[data-testid=map][data-ready=true]')`, 120_000);
  await wait(3000);
  const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  if (wide > 0) complaints.push(`the page is ${wide} px too wide`);
  writeFileSync(join(folder, name), await page.picture(view.width < 500));
  await page.close();
  console.log(complaints.length === 0 ? name : `${name}: ${[...new Set(complaints)].join('; ')}`);
  if (complaints.length > 0) process.exitCode = 1;
}

/** The intersection with most stopped vehicles now. */
async function mostHalted() {
  const state = await (await fetch(`${origin}/api/v1/state`)).json();
  const at = state.totals?.longestWaitIntersection ?? -1;
  return encodeURIComponent(city.intersections[Math.max(0, at)].id);
}

async function logIn() {
  const [name, password] = (process.env.CITYBRAIN_LOGIN ?? '').split(':');
  if (!password) return null;
  const answer = await fetch(`${origin}/api/v1/session`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, password }) });
  if (!answer.ok) throw new Error(`login: ${answer.status}`);
  const [pair] = answer.headers.get('set-cookie').split(';');
  const [key, value] = pair.split(/=(.*)/s);
  return { name: key, value, url: origin };
}
