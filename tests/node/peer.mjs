// A foreign MQTT client for the tests: npm's mqtt, driven from the command line.
//   node peer.mjs sub mqtt://HOST:PORT VERSION FILTER QOS COUNT     prints a JSON line for each message
//   node peer.mjs pub mqtt://HOST:PORT VERSION TOPIC QOS COUNT [retain]   publishes "m0" "m1" ...
// Prints "ready" once connected (and subscribed). Exit code 0 when all COUNT messages went through.
import mqtt from 'mqtt';

const [mode, url, version, topic, qosText, countText, retain] = process.argv.slice(2);
const qos = Number(qosText);
const count = Number(countText);
const client = mqtt.connect(url, {
  protocolVersion: Number(version),
  reconnectPeriod: 0,
  username: process.env.PEER_USER,
  password: process.env.PEER_PASSWORD,
  ca: process.env.PEER_CA ? [(await import('node:fs')).readFileSync(process.env.PEER_CA)] : undefined,
});

client.on('error', (error) => {
  console.error(String(error));
  process.exit(1);
});

async function subscribe() {
  let received = 0;
  client.on('message', (name, payload, packet) => {
    const { contentType, userProperties } = packet.properties ?? {};
    console.log(JSON.stringify({
      topic: name, payload: payload.toString(), qos: packet.qos, retain: packet.retain, contentType, userProperties,
    }));
    received += 1;
    // A QoS 2 flow is complete only when PUBCOMP went out, so the end waits for what is still on its way.
    if (received === count) setTimeout(() => client.endAsync().then(() => process.exit(0)), 50);
  });
  const granted = await client.subscribeAsync(topic, { qos });
  if (granted[0].qos !== qos) throw new Error(`granted ${granted[0].qos}`);
  console.log('ready');
}

async function publish() {
  console.log('ready');
  const properties = version === '5' ? { contentType: 'text/plain', userProperties: { from: 'node' } } : undefined;
  for (let i = 0; i < count; i += 1) {
    await client.publishAsync(topic, `m${i}`, { qos, retain: retain === 'retain', properties });
  }
  await client.endAsync();
  process.exit(0);
}

client.once('connect', () => (mode === 'sub' ? subscribe() : publish()).catch((error) => {
  console.error(String(error));
  process.exit(1);
}));
