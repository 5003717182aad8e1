// Hears Meta's webhooks with whatsapp-api-js on PORT, and writes what it made of each as a line of JSON: {event, from,
// args}, and for a file that the simulator keeps its bytes, fetched through gate24.
import { createServer } from "node:http";
import { WhatsAppAPI } from "whatsapp-api-js/middleware/node-http";

const { GATE24_GRAPH_URL, GATE24_API_KEY, GATE24_WEBHOOK_SECRET, PORT } = process.env;
const bot = new WhatsAppAPI({
  token: GATE24_API_KEY,
  appSecret: GATE24_WEBHOOK_SECRET,
  v: "v23.0",
  ponyfill: { fetch: (url, init) => fetch(String(url).replace("https://graph.facebook.com", GATE24_GRAPH_URL), init) },
});

const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function fileOf(message, phoneID) {
  const { url } = await bot.retrieveMedia(message[message.type].id, phoneID);
  return Buffer.from(await (await bot.fetchMedia(url)).arrayBuffer()).toString("base64");
}

bot.on.message = async ({ phoneID, from, contact, message }) => {
  const file = message.type === "image" ? await fileOf(message, phoneID) : undefined;
  write({ event: "message", from, args: { contact, message, file } });
};
bot.on.status = ({ phone, status, id, error }) => write({ event: "status", from: phone, args: { status, id, error } });

createServer(async (request, response) => response.writeHead(await bot.handle_post(request)).end()).listen(
  +PORT,
  "127.0.0.1",
);
