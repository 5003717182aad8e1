// Sends every kind of message that whatsapp-api-js knows. Reads {graph_url, api_key, number, people} from the standard
// input, where people has for each kind {to, asked}: whom to send to and the id of what that person wrote. Writes for
// each kind {written, answer}: the body that the library sent, and what it returned.
import { readFileSync } from "node:fs";
import { WhatsAppAPI } from "whatsapp-api-js";
import {
  ActionButtons,
  ActionCTA,
  ActionCallPermission,
  ActionCatalog,
  ActionContactRequest,
  ActionFlow,
  ActionList,
  ActionLocation,
  ActionNavigateFlow,
  ActionProduct,
  ActionProductList,
  Address,
  Audio,
  Birthday,
  Body,
  BodyComponent,
  BodyParameter,
  Button,
  Contacts,
  CopyComponent,
  Document,
  Email,
  Footer,
  Header,
  HeaderComponent,
  HeaderParameter,
  Image,
  Interactive,
  ListSection,
  Location,
  Name,
  Organization,
  PayloadComponent,
  Phone,
  Product,
  ProductSection,
  Reaction,
  Row,
  Sticker,
  Template,
  Text,
  URLComponent,
  Url,
  Video,
} from "whatsapp-api-js/messages";

const FILES = "https://files.example.org";
const LINK = "https://example.org/enrol";
const { graph_url, api_key, number, people } = JSON.parse(readFileSync(0, "utf8"));

const bodies = [];
const toGate24 = (url, init) => {
  bodies.push(JSON.parse(init.body));
  return fetch(String(url).replace("https://graph.facebook.com", graph_url), init);
};
const bot = new WhatsAppAPI({ token: api_key, secure: false, v: "v23.0", ponyfill: { fetch: toGate24 } });

const coming = new Body("Coming?");
const rows = [new Row("m", "Morning", "At ten"), new Row("e", "Evening")];
const card = [
  new Name("Front desk", "Front"),
  new Phone("+91 98765 43219", "WORK"),
  new Email("desk@example.org", "WORK"),
  new Url("https://example.org"),
  new Address("India", "in", undefined, "Pune", "Station Road"),
  new Organization("Example NGO"),
  new Birthday("1990", "01", "31"),
];
const [product, other] = [new Product("sku-1"), new Product("sku-2")];

const kinds = {
  text: () => new Text("Coming?"),
  "text with a preview": () => new Text(LINK, true),
  reply: () => new Text("Coming?"),
  image: () => new Image(`${FILES}/map.png`, false, "The way"),
  "image by id": () => new Image("1234567890", true),
  video: () => new Video(`${FILES}/way.mp4`, false, "The way"),
  audio: () => new Audio(`${FILES}/song.mp3`),
  "voice message": () => new Audio(`${FILES}/word.ogg`, false, true),
  document: () => new Document(`${FILES}/a.pdf`, false, "New", "a.pdf"),
  sticker: () => new Sticker(`${FILES}/yes.webp`),
  buttons: () =>
    new Interactive(
      new ActionButtons(new Button("y", "Yes"), new Button("n", "No")),
      coming,
      new Header("Classes"),
      new Footer("Example NGO"),
    ),
  "buttons under an image": () =>
    new Interactive(new ActionButtons(new Button("y", "Yes")), coming, new Header(new Image(`${FILES}/map.png`))),
  list: () => new Interactive(new ActionList("Choose", new ListSection("When", ...rows)), coming),
  link: () => new Interactive(new ActionCTA("Enrol", LINK), coming),
  flow: () => new Interactive(new ActionNavigateFlow("t-1", "17", "Fill in", "FIRST", { name: "Asha" }), coming),
  "flow by name": () => new Interactive(new ActionFlow({ flow_name: "enrol", flow_cta: "Fill in" }), coming),
  "request for a location": () => new Interactive(new ActionLocation(), new Body("Where are you?")),
  location: () => new Location(73.85, 18.52, "Hall", "Station Road"),
  "contact card": () => new Contacts(card),
  reaction: ({ asked }) => new Reaction(asked, "👍"),
  "reaction taken back": ({ asked }) => new Reaction(asked),
  "template without parameters": ({ template }) => new Template(template, "en"),
  "template with a body": ({ template }) =>
    new Template(template, "en", new BodyComponent(new BodyParameter("Asha"), new BodyParameter("10:00"))),
  "template with names": ({ template }) =>
    new Template(template, "en", new BodyComponent(new BodyParameter("Asha", "name"))),
  "template with an image and buttons": ({ template }) =>
    new Template(
      template,
      "en",
      new HeaderComponent(new HeaderParameter(new Image(`${FILES}/map.png`))),
      new BodyComponent(new BodyParameter("Asha")),
      new PayloadComponent("yes"),
      new URLComponent("enrol"),
    ),
  "template with a code to copy": ({ template }) => new Template(template, "en", new CopyComponent("SAVE20")),
  product: () => new Interactive(new ActionProduct(product), new Body("A book")),
  "product list": () =>
    new Interactive(
      new ActionProductList("17", new ProductSection("Books", product, other)),
      new Body("All"),
      new Header("Books"),
    ),
  "catalog message": () => new Interactive(new ActionCatalog(product), new Body("All our books")),
  "call permission request": () => new Interactive(new ActionCallPermission(), coming),
  "request contact info": () => new Interactive(new ActionContactRequest(), coming),
  refused: () => new Text("Coming?"),
};

const results = {};
for (const [kind, person] of Object.entries(people)) {
  const answer =
    kind === "read mark"
      ? await bot.markAsRead(number, person.asked, "text")
      : await bot.sendMessage(number, person.to, kinds[kind](person), kind === "reply" ? person.asked : undefined);
  results[kind] = { written: bodies.pop(), answer };
}
process.stdout.write(JSON.stringify(results));
