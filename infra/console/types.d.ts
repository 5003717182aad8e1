/** What the API sends and takes (docs/openapi.json), as far as the console reads it. Times are RFC 3339. */
declare namespace Api {
  type Scope = "read" | "send" | "consent" | "templates" | "webhooks" | "erase" | "admin";

  type Role = "agent" | "supervisor" | "admin";

  interface Me {
    kind: "key" | "member";
    name: string;
    /** Of a member alone. */
    email?: string;
    /** Of a member alone. */
    role?: Role;
    /** Of a member alone: what nobody else has, and is the same at each sign-in. */
    drafts_key?: string;
    organization: { id: string; name: string; timezone: string; currency: string; retention_days: number | null };
    scopes: Scope[];
    channels: Channel[];
  }
  interface Channel {
    id: string;
    provider: string;
    business_number: string;
    /** So long before WhatsApp's own end the gate stops. */
    margin_seconds: number;
  }

  interface Keyword {
    keyword: string;
    /** Of what every organization has. */
    language: string | null;
    /** Every organization has it, and it cannot be removed here. */
    is_built_in: boolean;
  }
  /** Whole messages that opt a contact out, or in. */
  type Keywords = Record<"opt_out" | "opt_in", Keyword[]>;

  /** A channel as an admin sees it. */
  interface OwnChannel {
    id: string;
    provider: "gupshup" | "meta";
    business_number: string;
    app: string | null;
    app_id: string | null;
    mode: "enforce" | "shadow";
    margin_seconds: number;
    messages_per_second: number;
    rate_card: string;
    rate_cards: { card: string; from: string }[];
    /** How many of each kind are valid. */
    secrets: Record<string, number>;
    light: "heard" | "quiet" | "unheard" | "failing";
    troubles: ("no_webhook_secret" | "sends_not_told" | "not_stored")[];
    not_stored: number;
    last_heard_at: string | null;
    last_message_at: string | null;
    last_status_at: string | null;
    looked_back_to: string;
  }

  /** An address of the organization's own software that is told of events. */
  interface Webhook {
    id: string;
    url: string;
    description: string;
    status: "active" | "paused" | "failing";
    /** Why gate24 itself paused it; null if the organization did. */
    pause_reason: string | null;
    /** The first failure after the last success. */
    failing_since: string | null;
    /** Since when events come faster than they are taken. */
    behind_since: string | null;
    /** The types of events, or "*" for all. */
    events: string[];
    /** Null: all. */
    channels: string[] | null;
    created_at: string;
  }
  /** What became of one event for one webhook. */
  interface WebhookDelivery {
    event_id: string;
    /** Of the event; `provider` where a provider's body is passed on. */
    type: string;
    at: string;
    status: "pending" | "delivered" | "failed" | "dropped";
    attempts: number;
  }

  /** An authentic event of a provider that was not understood, or could not be stored. */
  interface UnrecognizedEvent {
    id: string;
    /** When it came first, and last. */
    at: string;
    last_at: string;
    /** How often the same was told again. */
    copies: number;
    channel: string;
    reason: string;
  }

  interface Page<Item> {
    data: Item[];
    next_cursor: string | null;
  }
  type ContactPage = Page<Contact> & { counts?: ContactCounts };
  type ContactCounts = Record<ContactWindow | "all" | "never_opened", number>;
  type ContactWindow = "open" | "closing" | "closed";
  type ContactSort = "recent" | "expires_at";
  interface ContactQuery {
    window?: ContactWindow;
    filter?: "needs_answer" | "cannot_be_written_to";
    /** A member's e-mail address, or `none`. */
    assignee?: string;
    label?: string;
    /** A number, or the beginnings of words of a name. */
    q?: string;
    sort?: ContactSort;
    limit: number;
    cursor?: string;
    counts?: boolean;
  }

  interface Contact {
    /** Null for a contact who hides the phone number; `user_id` then identifies the contact. */
    phone: string | null;
    /** WhatsApp's, the newest of `user_ids`. */
    user_id: string | null;
    user_ids: string[];
    name: string | null;
    blocked: boolean;
    unreachable?: boolean;
    /** When the person left this number; null once somebody has written from it since. */
    number_changed_at: string | null;
    consent: Consent;
    windows: ChannelWindow[];
    last_activity_at: string | null;
    // What follows is not there of an API from before the inbox.
    last_message?: LastMessage | null;
    /** Messages of the contact since somebody of the organization read or answered. */
    unread?: number;
    /** The contact's first message after the last answer or *done*; null: nobody waits. */
    waiting_since?: string | null;
    state?: "open" | "done";
    /** A member's e-mail address. */
    assignee?: string | null;
    labels?: string[];
    /** Who is writing an answer. */
    answering?: Answering | null;
    /** What the gate lets through now, on the best of the channels. */
    may?: { freeform: boolean; template: boolean; code: string | null };
  }
  interface LastMessage {
    direction: "inbound" | "outbound";
    type: string;
    /** Null where the message has no words. */
    preview: string | null;
    at: string;
    author?: Author | null;
    /** A message of ours did not arrive. */
    failed?: boolean;
  }
  interface Author {
    kind: "member" | "key" | "contact" | "provider";
    name: string | null;
  }
  interface Writer {
    name: string;
    email?: string | null;
    until: string;
  }
  /** Whoever began first, and who began later. */
  interface Answering extends Writer {
    others?: Writer[];
  }
  interface Member {
    email: string;
    name: string;
    role: "agent" | "supervisor" | "admin";
    added_at: string;
  }
  /** In which the server writes mails and the report to print; the console has more. */
  type WrittenLanguage = "en" | "hi";
  /** Whether somebody is told of chats that close soon, by mail and in which browsers. */
  interface MyNotifications {
    mail: boolean;
    language: WrittenLanguage;
    email: string | null;
    closing_digest_minutes: number | null;
    no_mail_because: "no_member" | "mail_not_set_up" | "off" | null;
    push_key: string | null;
    /** The starts of their addresses' hashes. */
    push_devices: string[];
    no_push_because: "no_member" | "push_not_set_up" | "unavailable" | "off" | null;
  }

  interface Key {
    id: string;
    name: string;
    /** The first characters of its secret. */
    prefix: string | null;
    scopes: Scope[];
    /** The ids of those to which it is limited; null: all. */
    channels: string[] | null;
    created_at: string | null;
    last_used_at: string | null;
    expires_at: string | null;
  }

  interface NewKey extends Key {
    /** What callers show, told here alone. */
    key: string;
  }

  /** Who did something: of an operator without a name. */
  interface AuditActor {
    kind: "member" | "key" | "platform" | "operator";
    name: string | null;
    email?: string;
    key_id?: string;
  }

  interface AuditChange {
    field: string;
    old: unknown;
    new: unknown;
  }

  interface AuditEntry {
    id: string;
    at: string;
    kind: string;
    /** The thing and what was done to it: member.changed. */
    act: string;
    by: AuditActor;
    subject: string;
    name: string | null;
    changes: AuditChange[];
    facts: Record<string, string | number | boolean>;
    outcome: "done" | "unknown";
  }

  interface ErasureRow {
    erasure: string;
    status: "running" | "done";
    begun_at: string;
    finished_at: string | null;
    by: AuditActor | null;
    deleted: number;
    parts: number;
    parts_done: number;
    survives: ("opt_out" | "marketing_stop" | "block")[];
  }

  /** A note about a contact, which never leaves gate24. */
  interface Note {
    id: string;
    text: string;
    author: Author | null;
    at: string;
  }
  interface ContactAction {
    action: string;
    detail?: string | null;
    author: Author | null;
    at: string;
  }
  interface QuickReply {
    name: string;
    text: string;
  }
  interface Consent {
    status: "opted_in" | "opted_out" | "none";
    at: string | null;
    source: string | null;
  }
  interface ChannelWindow {
    channel: string;
    window: SessionWindow;
    /** Whether the contact switched marketing from this number off in WhatsApp. */
    marketing_stopped: boolean;
    /** What may be sent while the window is open (null if it is not open now), and once it is closed. */
    may: { open: Allowance | null; closed: Allowance };
  }
  interface SessionWindow {
    state: "open" | "closed" | "never_opened";
    opened_at: string | null;
    last_inbound_at: string | null;
    /** When the gate stops: WhatsApp's own end less the channel's margin. */
    gate_closes_at: string | null;
    /** From this time an open window counts as closing. */
    closing_at: string | null;
    closed_by: "lapsed" | "provider" | null;
  }
  interface Allowance {
    freeform: boolean;
    template: boolean;
    marketing: boolean;
    /** Why the first of the three that is refused is refused; null if all may be sent. */
    code: RefusalCode | null;
  }
  type RefusalCode =
    | "blocked"
    | "number_changed"
    | "not_supported_by_provider"
    | "opted_out"
    | "window_closed"
    | "not_opted_in"
    | "marketing_stopped";

  interface Author {
    kind: "member" | "key" | "contact" | "provider";
    name: string | null;
  }
  interface ConsentEntry {
    action: string;
    at: string;
    source: string;
    evidence?: string | null;
    actor?: string | null;
    author?: Author;
    /** Whose marketing messages were stopped or resumed. */
    channel: string | null;
  }

  type MessageStatus =
    "received" | "sending" | "accepted" | "sent" | "delivered" | "read" | "failed" | "rejected" | "refused" | "unknown";
  interface Message {
    id: string;
    direction: "inbound" | "outbound";
    type: string;
    channel?: string;
    text?: string;
    /** In a list: the text is longer, and the message's own route has all of it. */
    text_cut?: true;
    media?: Media;
    template?: MessageTemplate;
    interactive?: Interactive;
    button?: { text?: string; payload?: string };
    location?: Location;
    contacts?: ContactCard[];
    reaction?: { message_id?: string; emoji?: string };
    order?: Order;
    referral?: Referral;
    context?: { forwarded?: true; frequently_forwarded?: true };
    unsupported?: { type?: string; code?: string; reason?: string };
    edit?: { message_id?: string };
    revoke?: { message_id?: string };
    /** The id of the message that is answered; the provider's where gate24 does not have it. */
    reply_to?: string;
    details?: MessageDetails;
    /** There where gate24 did not send it; its type is unknown where its statuses alone tell of it. */
    sent_around?: boolean;
    /** There where nothing has told when it was sent: `at` is when it was delivered or read. */
    at_is_estimate?: boolean;
    /** False where the organization keeps the content of so old a message no longer. */
    content_kept?: boolean;
    status: MessageStatus;
    code?: string;
    failure?: { code: string; reason?: string | null; kind?: string; meaning?: string };
    at: string;
    statuses: { status: string; at: string }[];
    /** Who wrote or sent it; absent in answers of an earlier version. */
    author?: Author;
    cost?: Cost;
  }
  interface Row {
    id?: string;
    title?: string;
    description?: string;
  }
  interface Interactive {
    type: string;
    header?: { text?: string } & Record<"image" | "video" | "document", { link?: string } | undefined>;
    body?: { text?: string };
    footer?: { text?: string };
    action?: InteractiveAction;
    button_reply?: Row;
    list_reply?: Row;
    nfm_reply?: { name?: string; body?: string; response_json?: string };
    call_permission_reply?: { response?: string };
  }
  interface Section {
    title?: string;
    rows?: Row[];
    product_items?: { product_retailer_id?: string }[];
  }
  interface InteractiveAction {
    button?: string;
    buttons?: { reply?: Row }[];
    sections?: Section[];
    product_retailer_id?: string;
    parameters?: { display_text?: string; url?: string; flow_cta?: string };
  }
  interface Location {
    latitude?: number | string;
    longitude?: number | string;
    name?: string;
    address?: string;
  }
  type Named = Record<string, string | undefined>;
  interface ContactCard {
    name?: Named;
    org?: Named;
    phones?: Named[];
    emails?: Named[];
    addresses?: Named[];
    urls?: Named[];
  }
  interface Order {
    text?: string;
    product_items?: { product_retailer_id?: string; quantity?: number; item_price?: number; currency?: string }[];
  }
  interface Referral {
    source_type?: string;
    source_url?: string;
    headline?: string;
    body?: string;
  }
  type MediaKind = "image" | "document" | "video" | "audio" | "sticker";
  interface Media {
    id?: string;
    kind: string;
    media_id?: string;
    mime_type?: string;
    fetch?: string;
    url?: string;
    caption?: string;
    filename?: string;
    size_bytes?: number;
    voice?: true;
  }
  interface MessageTemplate {
    name: string;
    language: string;
    params?: string[];
    media?: Media;
    components?: TemplateComponent[];
  }
  interface TemplateComponent {
    type: string;
    sub_type?: string;
    parameters?: TemplateParameter[];
  }
  interface TemplateParameter {
    type?: string;
    payload?: string;
    text?: string;
    coupon_code?: string;
    currency?: { fallback_value?: string };
    date_time?: { fallback_value?: string };
    location?: Location;
    product?: { product_retailer_id?: string };
    limited_time_offer?: { expiration_time_ms?: number };
    tap_target_configuration?: { url?: string; title?: string }[];
  }
  interface MessageDetails {
    name?: string;
    address?: string;
    latitude?: number | string;
    longitude?: number | string;
    contacts?: { name?: string; phones?: string[] }[];
    forwarded?: boolean;
    /** Of a call; the duration is in seconds. */
    direction?: "user_initiated" | "business_initiated";
    status?: string;
    duration?: number;
  }
  interface Cost {
    /** A decimal string. */
    amount: string;
    currency: string;
    lines: { fee: string; amount: string }[];
    estimate: boolean;
  }

  interface Template {
    name: string;
    channel: string;
    language: string;
    category: "utility" | "marketing" | "authentication";
    status: "approved" | "pending" | "rejected" | "paused" | "disabled";
    params: number;
    media: string | null;
    body?: string | null;
    /** The provider's words about the status. */
    reason?: string;
    /** What the values are called, in their order; empty where one has no name. */
    labels?: string[];
  }

  interface SendRequest {
    to: string;
    channel?: string;
    type: "text" | "media" | "template" | "reaction";
    text?: { body: string };
    media?: Media;
    template?: MessageTemplate;
    /** An empty emoji takes the reaction back. */
    reaction?: { message_id: string; emoji: string };
    /** The message that is replied to. */
    context?: { message_id: string };
  }
  interface SendAnswer {
    id: string;
    status: "accepted";
    cost: Cost;
  }
  /** A problem document, or a refusal by the dry run. */
  interface Refusal {
    code?: string | null;
    detail?: string;
    /** What is wrong with a request, each with the name of its field. */
    errors?: { pointer: string; detail: string }[];
    /** Of a number without its country code: the number that may be meant. */
    suggestion?: string;
    allowed_actions?: string[];
    /** Who refused it, and in which words. */
    provider?: { name: string; code?: string; details?: string };
    /** The stored message. */
    id?: string;
  }
  type CheckAnswer = Refusal & { decision: "allow" | "refuse"; cost?: Cost | null };

  /** How the rows of an import are read. */
  interface PeopleReading {
    day_order?: "day_first" | "month_first";
    national_numbers?: boolean;
    where_not_said?: { consent?: "opt_in"; consent_at?: string; consent_source?: string; consent_evidence?: string };
  }
  interface PeopleImport extends PeopleReading {
    columns: string[];
    rows: { row: number; cells: string[] }[];
    dry_run?: boolean;
  }
  interface PeopleReport {
    columns: (string | null)[];
    rows: ImportedRow[];
  }
  interface ImportedRow {
    row: number;
    outcome: "imported" | "updated" | "unchanged" | "outdated" | "rejected";
    /** As the server read it; null where it could not. */
    phone: string | null;
    /** What is recorded of what the person said. */
    consent: "opt_in" | "opt_out" | null;
    reasons: RowReason[];
  }
  /** Why a row is not taken, or what stays though the row has it otherwise. */
  interface RowReason {
    code: string;
    detail: string;
    since?: string;
    /** The number that is probably meant. */
    suggestion?: string;
  }

  type Fee = "whatsapp" | "gupshup" | "media";
  type CostKind = "template" | "freeform" | "inbound";
  type MessageCounts = Record<CostKind | "failed" | "refused" | "unknown", number>;
  type CostStatus = "provisional" | "final" | "restated";
  interface Amount {
    amount: string;
    currency: string;
  }
  interface CountedAmount {
    count: number;
    amount: string;
  }
  interface CategorySum {
    category: string | null;
    count: number;
    total: string;
  }
  interface MarketSum {
    market: string | null;
    count: number;
    total: string;
  }
  interface CampaignSum {
    campaign: string | null;
    count: number;
    total: string;
  }
  /** Why a template or a sender has no name: it was not kept then, or these are all others of a day with very many. */
  type Unnamed = "unknown" | "others";
  interface TemplateSum {
    template: string | null;
    unnamed?: Unnamed;
    count: number;
    total: string;
  }
  interface AuthorSum {
    author: Author | null;
    author_id?: string;
    unnamed?: Unnamed;
    count: number;
    total: string;
  }
  /** What a day and a month have in common. What may be missing is not told to a key that is limited to channels. */
  interface CostSums {
    timezone: string;
    currency: string;
    status: CostStatus;
    total: string;
    messages: MessageCounts;
    fees: Record<Fee, string>;
    by_channel: { channel: string; messages: MessageCounts; total: string }[];
    by_category?: CategorySum[];
    by_market?: MarketSum[];
    by_campaign?: CampaignSum[];
    by_template?: TemplateSum[];
    by_author?: AuthorSum[];
    /** When it was read from the ledger; null where it was not yet. */
    as_of: string | null;
    unpriced?: number;
    unverified?: number;
    unknown_amount?: string;
    undelivered?: CountedAmount;
    templates_in_window?: CountedAmount;
    provider_billed?: { count: number; differences: number };
  }
  interface DailyCost extends CostSums {
    date: string;
    converted?: { card: Amount; exchange: { rate: string; day: string; source: string } }[];
  }
  interface LiveCost extends DailyCost {
    /** There where the day is too long for one answer. */
    next_cursor: string | null;
  }
  interface CostMessage {
    /** Null of somebody who was erased, as type and contact are. */
    message_id: string | null;
    at: string;
    direction: "inbound" | "outbound";
    type: string | null;
    contact: string | null;
    channel: string;
    kind: CostKind;
    category: string;
    template: string | null;
    author: Author | null;
    currency: string;
    total: string;
    fees: Record<Fee, string>;
    undelivered: string;
    unpriced: boolean;
    corrected: boolean;
    card?: Amount;
  }
  /** Which messages of a day. */
  interface CostFilter {
    channel?: string;
    category?: string;
    template?: string;
    author?: string;
    fee?: string;
  }
  interface MonthlyCost extends CostSums {
    /** YYYY-MM. */
    month: string;
    converted_from?: Amount[];
  }

  interface Budget {
    /** Not there of the whole organization's. */
    channel?: string;
    /** Null where none is set. */
    budget: string | null;
    /** In percent; those that are told. */
    shares: number[];
    refuse_above_budget: boolean;
    spent: string;
    share: number | null;
    reached: number[];
    is_refusing: boolean;
    forecast: {
      amount: string | null;
      method: "weekdays" | "days" | "ended" | null;
      days: number;
      reason: string | null;
    };
    budget_reached_on: string | null;
  }
  interface BudgetMonth {
    month: string;
    currency: string;
    as_of: string | null;
    delay_seconds: number;
    /** Not told to a key that is limited to channels. */
    organization?: Budget;
    channels: Budget[];
  }

  interface RateCard {
    id: string;
    provider: string;
    currency: string;
    effective_from: string;
    effective_to: string | null;
    model: string;
  }
  /** Differences are what it would have cost less what it did cost. */
  interface Beside {
    cost: string;
    what_if: string;
    difference: string;
  }
  interface WhatIfLine extends Beside {
    date: string;
    channel: string;
    kind: CostKind;
    category: string | null;
    market: string | null;
    count: number;
  }
  /** Sums are of the page. */
  interface WhatIf extends Beside {
    currency: string;
    unpriced: number;
    lines: WhatIfLine[];
    assumed: string[];
    next_cursor: string | null;
  }

  type BillClass = "matched" | "different" | "only_ours" | "only_theirs";
  interface BillCharge {
    category: string | null;
    charged: boolean | null;
  }
  interface BillSide extends BillCharge {
    amount: string | null;
    currency: string;
    card?: Amount;
  }
  interface BillReason {
    code: string;
    text: string;
  }
  interface BillLine {
    class: BillClass;
    reason: BillReason | null;
    date: string;
    at: string | null;
    message_id: string | null;
    provider_id: string | null;
    channel: string | null;
    kind: CostKind | null;
    ours: BillSide | null;
    theirs: BillSide | null;
    /** What was reckoned before the provider's billing event corrected it. */
    reckoned?: BillCharge;
  }
  interface BillCounts {
    count: number;
    ours: CountedAmount;
    theirs: { count: number; charged: number; free: number };
  }
  interface BillSummary {
    is_complete: boolean;
    currency: string;
    classes: (BillCounts & { class: BillClass })[];
    reasons: (BillCounts & BillReason & { class: BillClass })[];
    unconverted: Amount[];
    channels: { channel: string; billing_events: boolean }[];
  }
  type BillPage = Page<BillLine> & { summary: BillSummary };
}

/** Types of the console's own modules. Times are epoch milliseconds by the server's clock. */
declare namespace Console {
  /** A contact as the console keeps it, identified by `phone`. */
  interface Contact extends Api.Contact {
    /** The number, or the user id under which the contact was opened or is listed. */
    phone: string;
    /** Null while the phone number is hidden. */
    number: string | null;
  }

  type WindowName = "open" | "closing" | "closed" | "never";
  type StateName = WindowName | "opted_out" | "blocked" | "number_changed" | "unreachable";

  /** A window at an instant. */
  interface WindowState {
    state: WindowName;
    /** Milliseconds until the gate stops; 0 unless open. */
    left: number;
    /** How much of the window is left, from 0 to 1. */
    share: number;
    closesAt: number | null;
  }
  /** A contact at an instant, on one channel. */
  interface ContactState extends Omit<WindowState, "state"> {
    state: StateName;
    may: Api.Allowance;
    /** The window that the state describes; null where there is no channel. */
    window: Api.SessionWindow | null;
    isMarketingStopped: boolean;
  }

  /** `queue`: waits for an answer, and closes within the hour. */
  type FilterName = "all" | "needs_answer" | "queue" | "closing" | "open" | "closed" | "cannot_be_written_to";
  interface Question {
    filter: FilterName;
    sort: Api.ContactSort;
    q: string;
    /** A member's e-mail address, `none`, or empty. */
    assignee: string;
    label: string;
  }
  /** A filter of the list: how the API is asked, in which order it answers by itself, and who belongs. */
  interface Filter {
    query: Pick<Api.ContactQuery, "window" | "filter">;
    sort: Api.ContactSort;
    belongs(contact: Contact, now: number | null): boolean;
    /** Whether nobody follows who belongs, where the order says so. */
    isPast?(contact: Contact, now: number | null): boolean;
  }

  type ComposerMode =
    "reader" | "numberless" | "blocked" | "number_changed" | "opted_out" | "open" | "shut" | "no_consent";

  /** What other messages say of a message, as far as they are loaded. */
  interface MessageLinks {
    /** What it replies to. */
    quoted: Api.Message | null;
    /** The latest of each side. */
    reactions: { inbound?: Api.Message; outbound?: Api.Message };
    /** Titles of what the contact chose of it, by what stands behind them. */
    chosen: Map<string, string>;
    isDeleted: boolean;
  }

  /** One attempt at sending, with its Idempotency-Key. */
  interface Attempt {
    key: string;
    request: Api.SendRequest;
  }

  /** A form that sends a template or a file. */
  interface PartForm {
    element: HTMLElement;
    focus(): void;
    /** The channel has changed, or what may be sent. */
    reload(): void;
    /** Another channel was chosen. */
    rechannel?(): void;
    attach?(file: File): void;
    /** Opens the device's dialog for files. */
    choose?(): void;
    leave(): void;
  }

  type CostPart = "spending" | "budget" | "what_if" | "bill";
  /** `days`: null while it is the current month, which grows. */
  type SpendingRange = { unit: "daily" | "monthly"; days: Days | null; months: Days };
  /** Local days (YYYY-MM-DD), both included. */
  type Days = { from: string; to: string };

  interface View {
    element: HTMLElement;
    stop(): void;
  }

  interface Place {
    view: "chats" | "costs" | "admin";
    phone: string | null;
    details: boolean;
    /** Which page of the administration; none: the list of them. */
    page?: string;
    /** Which part of the costs. */
    part?: CostPart;
    /** Which days or months of the spending are shown. */
    spending?: SpendingRange;
    /** The day whose messages are shown instead, YYYY-MM-DD, and which of them. */
    day?: string | null;
    of?: Api.CostFilter;
    /** The message at which the chat is opened. */
    message?: string | null;
  }
}

/** Parameters of components/dom.js. */
declare namespace Dom {
  type Children = Node | string | null | undefined | false | readonly Children[];
  type Property = string | number | boolean | null | undefined | ((event: any) => unknown);
}
