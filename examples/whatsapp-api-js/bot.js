// The same bot written for Meta's API with whatsapp-api-js. Of gate24 it has three addresses and keys where Meta's
// would be.
import { createServer } from "node:http";
import { Text } from "whatsapp-api-js/messages";
import { WhatsAppAPI } from "whatsapp-api-js/middleware/node-http";

const { GATE24_API_URL, GATE24_API_KEY, GATE24_WEBHOOK_SECRET, PORT = "8000" } = process.env;
const bot = new WhatsAppAPI({
  token: GATE24_API_KEY,
  appSecret: GATE24_WEBHOOK_SECRET,
  v: "v23.0",
  ponyfill: {
    fetch: (url, init) => fetch(String(url).replace("https://graph.facebook.com", `${GATE24_API_URL}/graph`), init),
  },
});

bot.on.message = async ({ message, reply }) => {
  if (message.type !== "text") return;
  const { error } = await reply(new Text(`You wrote: ${message.text.body}`));
  if (error) console.log("Not answered:", error.code, error.error_data?.details); // outside the window: 131047
};

createServer(async (request, response) => response.writeHead(await bot.handle_post(request)).end()).listen(
  +PORT,
  "127.0.0.1",
);
