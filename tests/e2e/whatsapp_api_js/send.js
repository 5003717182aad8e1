// Sends every kind of message that whatsapp-api-js knows. Reads {graph_url, api_key, number, people, png} from the standard
// input, where people has for each kind {to, asked}: whom to send to and the id of what that person wrote. Writes for
// each kind {written, answer}: the body that the library sent, and what it returned. The kinds have the names of
// tests/support/libraries.py.
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
  CarouselCard,
  CarouselComponent,
  CatalogComponent,
  CatalogProduct,
  Contacts,
  CopyComponent,
  Currency,
  DateTime,
  Document,
  Email,
  FlowComponent,
  Footer,
  Header,
  HeaderComponent,
  HeaderParameter,
  Image,
  Interactive,
  LTOComponent,
  ListSection,
  Location,
  MPMComponent,
  Name,
  Organization,
  PayloadComponent,
  Phone,
  Product,
  ProductSection,
  Reaction,
  Row,
  Sticker,
  TapTargetComponent,
  Template,
  Text,
  URLComponent,
  Url,
  Video,
} from "whatsapp-api-js/messages";

const FILES = "https://files.example.org";
const LINK = "https://example.org/enrol";
const { graph_url, api_key, number, people, png } = JSON.parse(readFileSync(0, "utf8"));

const bodies = [];
const toGate24 = (url, init) => {
  if (typeof init?.body === "string") bodies.push(JSON.parse(init.body));
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
const [product, other] = [new CatalogProduct("sku-1", "17"), new Product("sku-2")];
const yes = new ActionButtons(new Button("y", "Yes"));
const asha = new BodyComponent(new BodyParameter("Asha"));
const sum = new Currency(100_000, "INR", "100 rupees");

const roof = new FormData();
roof.set("file", new Blob([Buffer.from(png, "base64")], { type: "image/png" }), "roof.png");
const uploaded = await bot.uploadMedia(number, roof);
const details = await bot.retrieveMedia(uploaded.id);
const file = await bot.fetchMedia(details.url);
const media = { uploaded, details, file: Buffer.from(await file.arrayBuffer()).toString("base64") };

const kinds = {
  text: () => new Text("Coming?"),
  "text with a preview": () => new Text(LINK, true),
  "text with a tracker": () => new Text("Coming?"),
  reply: () => new Text("Coming?"),
  image: () => new Image(`${FILES}/map.png`, false, "The way"),
  "image by id": () => new Image("1234567890", true),
  "uploaded image": () => new Image(uploaded.id, true),
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
  "buttons under an image": () => new Interactive(yes, coming, new Header(new Image(`${FILES}/map.png`))),
  "buttons under a video": () => new Interactive(yes, coming, new Header(new Video(`${FILES}/way.mp4`))),
  "buttons under a document": () =>
    new Interactive(yes, coming, new Header(new Document(`${FILES}/a.pdf`, false, undefined, "a.pdf"))),
  list: () => new Interactive(new ActionList("Choose", new ListSection("When", ...rows)), coming),
  link: () => new Interactive(new ActionCTA("Enrol", LINK), coming),
  flow: () => new Interactive(new ActionNavigateFlow("t-1", "17", "Fill in", "FIRST", { name: "Asha" }), coming),
  "flow by name": () => new Interactive(new ActionFlow({ flow_name: "enrol", flow_cta: "Fill in" }), coming),
  "request for a location": () => new Interactive(new ActionLocation(), new Body("Where are you?")),
  location: () => new Location(73.85, 18.52, "Hall", "Station Road"),
  "location without a name": () => new Location(73.85, 18.52),
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
  "template with a sum and a day": ({ template }) =>
    new Template(template, "en", new BodyComponent(new BodyParameter(sum), new BodyParameter(new DateTime("Monday")))),
  "template with a text above": ({ template }) =>
    new Template(template, "en", new HeaderComponent(new HeaderParameter("Morning")), asha),
  "template with a video": ({ template }) =>
    new Template(template, "en", new HeaderComponent(new HeaderParameter(new Video(`${FILES}/way.mp4`)))),
  "template with a document": ({ template }) =>
    new Template(template, "en", new HeaderComponent(new HeaderParameter(new Document(`${FILES}/a.pdf`)))),
  "template with a place": ({ template }) =>
    new Template(template, "en", new HeaderComponent(new HeaderParameter(new Location(73.85, 18.52, "Hall", "Pune")))),
  "template with a code to copy": ({ template }) => new Template(template, "en", new CopyComponent("SAVE20")),
  "template with a flow": ({ template }) => new Template(template, "en", new FlowComponent("t-1", { a: 1 })),
  "template with a one-time password": ({ template }) => Template.OTP(template, "en", "482913"),
  product: () => new Interactive(new ActionProduct(product), new Body("A book")),
  "product list": () =>
    new Interactive(
      new ActionProductList("17", new ProductSection("Books", product, other)),
      new Body("All"),
      new Header("Books"),
    ),
  catalogue: () => new Interactive(new ActionCatalog(product), new Body("All our books")),
  "request to call": () => new Interactive(new ActionCallPermission(), coming),
  "request for a number": () => new Interactive(new ActionContactRequest(), coming),
  "template with a carousel": () =>
    new Template("welcome", "en", new CarouselComponent(new CarouselCard(new Image(`${FILES}/map.png`), asha))),
  "template with an offer that ends": ({ template }) =>
    new Template(template, "en", new LTOComponent(1_798_761_600_000)),
  "template with a catalogue": ({ template }) => new Template(template, "en", new CatalogComponent(product)),
  "template with products": ({ template }) =>
    new Template(template, "en", new MPMComponent(product, new ProductSection("Books", other))),
  "template with a product in its header": ({ template }) =>
    new Template(template, "en", new HeaderComponent(new HeaderParameter(product))),
  "template with a sum in its header": ({ template }) =>
    new Template(template, "en", new HeaderComponent(new HeaderParameter(sum))),
  "template that leads somewhere by a tap": ({ template }) =>
    new Template(template, "en", new TapTargetComponent("Go", LINK)),
  refused: () => new Text("Coming?"),
};

const others = {
  "read mark": ({ asked }) => bot.markAsRead(number, asked, "text"),
  reply: ({ to, asked }) => bot.sendMessage(number, to, kinds.reply(), asked),
  "text with a tracker": ({ to }) => bot.sendMessage(number, to, kinds.text(), undefined, "order 17"),
  "delete a file": () => bot.deleteMedia("1234567890"),
  block: ({ to }) => bot.blockUser(number, to),
  "QR code": () => bot.createQR(number, "Hello"),
  call: ({ to }) => bot.initiateCall(number, to, "v=0"),
};

const results = { media };
for (const [kind, person] of Object.entries(people)) {
  const call = others[kind] ?? (({ to }) => bot.sendMessage(number, to, kinds[kind](person)));
  const answer = await call(person);
  results[kind] = { written: bodies.pop(), answer };
}
process.stdout.write(JSON.stringify(results));
