// A bot behind gate24: it hears of messages by a webhook, and answers them while the window is open.
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const { GATE24_API_URL, GATE24_API_KEY, GATE24_WEBHOOK_SECRET, PORT = "8000" } = process.env;
const webhook = new Webhook(GATE24_WEBHOOK_SECRET);

// The status for gate24: after 503 it tells of the event again, and the key keeps the answer from going twice.
async function answer({ id, channel, data: { contact, message } }) {
  const text = { type: "text", text: { body: `You wrote: ${message.text}` } };
  const sent = await fetch(`${GATE24_API_URL}/v1/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${GATE24_API_KEY}`, "idempotency-key": id, "content-type": "application/json" },
    body: JSON.stringify({ to: contact.phone ?? contact.user_id, channel, ...text }),
    signal: AbortSignal.timeout(12_000),
  });
  if (sent.ok) return 204;
  const problem = await sent.json();
  console.log("Not answered:", problem.code, problem.detail);
  return (problem.retryable ?? true) ? 503 : 204;
}

async function statusFor(request) {
  const body = Buffer.concat(await request.toArray()).toString();
  let event;
  try {
    event = webhook.verify(body, request.headers);
  } catch {
    return 401;
  }
  const isText = event.type === "message.received" && event.data.message.type === "text";
  return isText ? answer(event).catch(() => 503) : 204;
}

createServer(async (request, response) => response.writeHead(await statusFor(request)).end()).listen(+PORT, "127.0.0.1");
