// A door written by somebody who has never read our code: MQTT.js speaks to the endpoint.
// node client.js URL USER PASSWORD DEVICE COUNT: publishes COUNT signals with ids, waits for their
// acknowledgements, performs one command, and writes what it saw as one line of JSON.
import mqtt from "mqtt";

const [url, username, password, device, count] = process.argv.slice(2);
const base = `anju/v1/${device}`;
const client = mqtt.connect(url, { username, password, clientId: "node-door", protocolVersion: 4, keepalive: 5 });
const acknowledged = new Set();

client.on("connect", async () => {
  const granted = await client.subscribeAsync([`${base}/ack`, `${base}/command`], { qos: 1 });
  for (let number = 0; number < Number(count); number++) {
    const signal = { kind: "door.opened", id: `node-${number}`, data: { number } };
    await client.publishAsync(`${base}/signal`, JSON.stringify(signal), { qos: 1 });
  }
  process.stdout.write(JSON.stringify({ published: Number(count), granted: granted.map(({ qos }) => qos) }) + "\n");
});

client.on("message", async (topic, payload) => {
  const said = JSON.parse(payload.toString());
  if (topic === `${base}/ack`) {
    acknowledged.add(said.id);
    return;
  }
  const result = { id: said.id, ok: true, data: { seconds: said.arguments.seconds } };
  await client.publishAsync(`${base}/result`, JSON.stringify(result), { qos: 1 });
  process.stdout.write(JSON.stringify({ acknowledged: acknowledged.size }) + "\n");
  await client.endAsync();
});

client.on("error", (error) => {
  process.stderr.write(`${error}\n`);
  process.exit(1);
});
