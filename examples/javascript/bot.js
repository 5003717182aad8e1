// A bot behind gate24: it hears of messages by a webhook, and answers them while the window is open.
import { createServer } from "node:http";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const { GATE24_API_URL, GATE24_API_KEY, GATE24_WEBHOOK_SECRET, PORT = "8000" } = process.env;
const webhook = new Webhook(GATE24_WEBHOOK_SECRET);

// The status for gate24: after 503 it tells of the event again, and the key keeps the answer from going twice.
async function answer({ id, type, channel, data: { contact, message } }) {
  if (type !== "message.received" || message.type !== "text") return 204;
  const text = { body: `You wrote: ${message.text}` };
  const sent = await fetch(`${GATE24_API_URL}/v1/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${GATE24_API_KEY}`, "idempotency-key": id, "content-type": "application/json" },
    body: JSON.stringify({ to: contact.phone ?? contact.user_id, channel, type: "text", text }),
    signal: AbortSignal.timeout(12_000),
  });
  if (sent.ok) return 204;
  const problem = await sent.json();
  console.log("Not answered:", problem.code, problem.detail);
  return (problem.retryable ?? true) ? 503 : 204;
}

const heard = async (body, headers) => answer(webhook.verify(body, headers));
const failed = (error) => (error instanceof WebhookVerificationError ? 401 : 503);

createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  response.writeHead(await heard(body, request.headers).catch(failed)).end();
}).listen(+PORT, "127.0.0.1");
